# Makes golden.json with R: ridge regression as least squares of rows to which the penalty
# is added as rows of its own (Marquardt, Technometrics 12, 1970, section 4), by the QR
# decomposition of lm.fit, columns scaled over n as MASS::lm.ridge has them; principal
# components by prcomp:
#   Rscript golden.R >golden.json
# The table is made here by a linear congruence, so that it needs no seed of R's.
n <- 60; k <- 6; a <- 3
state <- 4711
draw <- function() { state <<- (1103515245 %% 2147483648 * (state %% 65536) + 12345 + (1103515245 * (state %/% 65536) %% 32768) * 65536) %% 2147483648; state / 2147483648 }
bell <- function() sum(replicate(12, draw())) - 6
x <- matrix(0, n, k)
for (i in 1:n) for (j in 1:k) x[i, j] <- bell() * c(1, 20, 0.01, 5, 1, 3)[j] + 10 * j
x[, 5] <- x[, 1] + 0.2 * (x[, 5] - 50)
y <- 4 + 2 * x[, 1] - 0.1 * x[, 2] + 150 * x[, 3] + sapply(1:n, function(i) bell())
lambda <- c(0, 0.5, 5, 50)
sdn <- apply(x, 2, function(v) sqrt(mean((v - mean(v))^2)))
zn <- sweep(sweep(x, 2, colMeans(x)), 2, sdn, "/")
ridge <- lapply(lambda, function(l) {
  b <- lm.fit(rbind(zn, sqrt(l) * diag(k)), c(y - mean(y), rep(0, k)))$coefficients / sdn
  as.numeric(c(mean(y) - sum(b * colMeans(x)), b))
})
# T2 and SPE of rows that were learnt from, in a components, and the limits for 99 %.
p <- prcomp(x, center = TRUE, scale. = TRUE)
z <- scale(x)
t2 <- rowSums(sweep(p$x[, 1:a]^2, 2, p$sdev[1:a]^2, "/"))
rest <- z - p$x[, 1:a] %*% t(p$rotation[, 1:a])
spe <- rowSums(rest^2)
left <- p$sdev[(a + 1):k]^2
t1 <- sum(left); tt <- sum(left^2); t3 <- sum(left^3)
h <- 1 - 2 * t1 * t3 / (3 * tt^2); c <- qnorm(0.99)
speLimit <- t1 * (c * sqrt(2 * tt * h^2) / t1 + 1 + tt * h * (h - 1) / t1^2)^(1 / h)
t2Limit <- a * (n + 1) * (n - 1) / (n * (n - a)) * qf(0.99, a, n - a)
num <- function(v) paste0("[", paste(sprintf("%.17g", v), collapse = ", "), "]")
rows <- function(l) paste0("[", paste(sapply(l, num), collapse = ",\n  "), "]")
cat("{\"x\": ", rows(lapply(1:n, function(i) x[i, ])), ",\n\"y\": ", num(y), ",\n\"lambda\": ", num(lambda), ",\n\"ridge\": ", rows(ridge),
    ",\n\"variances\": ", num(p$sdev[1:a]^2), ",\n\"t2\": ", num(t2), ",\n\"spe\": ", num(spe), ",\n\"spe_first\": ", num(rest[1, ]^2),
    ",\n\"t2_limit\": ", sprintf("%.17g", t2Limit), ",\n\"spe_limit\": ", sprintf("%.17g", speLimit), "}\n", sep = "")
