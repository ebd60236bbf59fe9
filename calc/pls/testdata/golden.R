# Makes golden.json with R's package pls (Mevik & Wehrens, J. Stat. Softw. 18(2), 2007):
#   Rscript golden.R >golden.json
# The table is made here by a linear congruence, so that it needs no seed of R's.
suppressMessages(library(pls))
n <- 40; k <- 7; a <- 5
state <- 12345
draw <- function() { state <<- (1103515245 %% 2147483648 * (state %% 65536) + 12345 + (1103515245 * (state %/% 65536) %% 32768) * 65536) %% 2147483648; state / 2147483648 }
bell <- function() sum(replicate(12, draw())) - 6
x <- matrix(0, n, k)
for (i in 1:n) for (j in 1:k) x[i, j] <- bell() * c(1, 20, 0.01, 5, 1, 3, 100)[j] + 10 * j
x[, 5] <- x[, 1] + 0.2 * (x[, 5] - 50)
y <- 4 + 2 * x[, 1] - 0.1 * x[, 2] + 150 * x[, 3] + sapply(1:n, function(i) bell())
sdx <- apply(x, 2, sd)
m <- plsr(y ~ x, ncomp = a, method = "simpls", scale = TRUE)
coefs <- lapply(1:a, function(c) as.numeric(coef(m, ncomp = c)[, 1, 1]) / sdx)
intercepts <- sapply(1:a, function(c) mean(y) - sum(coefs[[c]] * colMeans(x)))
# Importance in projection by orthogonal scores, as B.-H. Mevik gives it.
o <- plsr(y ~ x, ncomp = a, method = "oscorespls", scale = TRUE)
ss <- c(o$Yloadings)^2 * colSums(o$scores^2)
w <- sweep(o$loading.weights^2, 2, colSums(o$loading.weights^2), "/")
vip <- lapply(1:a, function(c) as.numeric(sqrt(k * rowSums(sweep(w[, 1:c, drop = FALSE], 2, ss[1:c], "*")) / sum(ss[1:c]))))
r2 <- sapply(1:a, function(c) 1 - sum((y - m$fitted.values[, 1, c])^2) / sum((y - mean(y))^2))
# Five stretches of time left out in turn, against the mean of the rows learnt of.
wrong <- rep(0, a); total <- 0
for (f in 1:5) {
  out <- (n * (f - 1) / 5 + 1):(n * f / 5)
  lx <- x[-out, ]; ly <- y[-out]
  one <- plsr(ly ~ lx, ncomp = a, method = "simpls", scale = TRUE)
  for (c in 1:a) wrong[c] <- wrong[c] + sum((y[out] - predict(one, newdata = list(lx = x[out, ]), ncomp = c))^2)
  total <- total + sum((y[out] - mean(ly))^2)
}
p <- c(0.001, 0.04, 0.03, 0.6, 0.012, 0.04, 0.2)
num <- function(v) paste0("[", paste(sprintf("%.17g", v), collapse = ", "), "]")
rows <- function(l) paste0("[", paste(sapply(l, num), collapse = ",\n  "), "]")
cat("{\"x\": ", rows(lapply(1:n, function(i) x[i, ])), ",\n\"y\": ", num(y), ",\n\"coefficients\": ", rows(coefs), ",\n\"intercepts\": ", num(intercepts),
    ",\n\"vip\": ", rows(vip), ",\n\"r2\": ", num(r2), ",\n\"q2\": ", num(1 - wrong / total), ",\n\"bh_p\": ", num(p), ",\n\"bh_q\": ", num(p.adjust(p, "BH")), "}\n", sep = "")
