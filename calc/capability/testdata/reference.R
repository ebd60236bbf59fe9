# Prints reference.json: values and what R finds in them: Anderson and Darling's
# distances, and the distributions of greatest likelihood.
#   Rscript reference.R > reference.json      (R 4.2.2, base packages only)
num <- function(x) paste0("[", paste(formatC(x, digits = 17, format = "g"), collapse = ","), "]")
ad <- function(x, p) { n <- length(x); x <- sort(x); -n - mean((2 * seq_len(n) - 1) * (log(p(x)) + log1p(-p(rev(x))))) }
set.seed(11)
sets <- list(normal = round(rnorm(60, 25, .01), 4), lognormal = round(rlnorm(120, 1, .5), 4), weibull = round(rweibull(150, 1.4, 8), 4), two = round(c(rnorm(60, 10, .1), rnorm(60, 12, .1)), 3))
out <- c()
for (name in names(sets)) {
  x <- sets[[name]]; l <- log(x)
  # the shape solves the likelihood equation of Weibull
  s <- x / max(x)
  f <- function(k) sum(s^k * l) / sum(s^k) - 1 / k - mean(l)
  k <- uniroot(f, c(.01, 1e5), tol = 1e-13, maxiter = 10000)$root; lambda <- exp(max(l) + log(mean((x / max(x))^k)) / k)
  d <- c(ad(x, function(v) pnorm(v, mean(x), sd(x))), ad(x, function(v) plnorm(v, mean(l), sd(l))), ad(x, function(v) pweibull(v, k, lambda)))
  q <- switch(which.min(d), qnorm(c(.00135, .5, .99865), mean(x), sd(x)), qlnorm(c(.00135, .5, .99865), mean(l), sd(l)), qweibull(c(.00135, .5, .99865), k, lambda))
  out <- c(out, sprintf('"%s":{"x":%s,"a2":%s,"best":"%s","quantiles":%s,"weibull":%s}', name, num(x), num(d), c("normal", "log-normal", "weibull")[which.min(d)], num(q), num(c(k, lambda))))
}
cat("{", paste(out, collapse = ",\n"), "}\n")
