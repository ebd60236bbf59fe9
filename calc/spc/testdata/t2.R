# Prints t2.json: Hotelling's T² of simulated values, with R's mahalanobis and the
# quantiles of beta and F.
#   Rscript t2.R > t2.json      (R 4.2.2, base packages only)
num <- function(x) paste0("[", paste(formatC(x, digits = 17, format = "g"), collapse = ","), "]")
set.seed(5)
z <- matrix(rnorm(90), 30, 3)
x <- round(cbind(100 + 2 * z[, 1], 50 + z[, 1] + z[, 2], 7 + .1 * z[, 3] - .05 * z[, 2]), 4)
x[28, 1] <- x[28, 1] + 5
m <- 25; p <- 3; conf <- (1 - .0027)^p
i <- x[1:m, ]; mu <- colMeans(i); s <- cov(i)
cat(sprintf('{"x":%s,\n"trial":25,"center":%s,"cov":%s,\n"t2":%s,\n"ucl1":%s,"ucl2":%s,\n', num(t(x)), num(mu), num(s), num(mahalanobis(x, mu, s)),
  num((m - 1)^2 / m * qbeta(conf, p / 2, (m - p - 1) / 2)), num(p * (m + 1) * (m - 1) / (m * (m - p)) * qf(conf, p, m - p))))
# Subgroups of 5: the mean covariance within, means against their mean.
n <- 5; g <- array(x[, 1:2], c(n, 6, 2)); means <- apply(g, c(2, 3), mean); k <- 5; p <- 2; conf <- (1 - .0027)^p
w <- Reduce(`+`, lapply(1:k, function(j) cov(g[, j, ]))) / k; mu <- colMeans(means[1:k, ])
df <- k * n - k - p + 1
cat(sprintf('"group_cov":%s,"group_t2":%s,"group_ucl1":%s,"group_ucl2":%s}\n', num(w), num(n * mahalanobis(means, mu, w)), num(p * (k - 1) * (n - 1) / df * qf(conf, p, df)), num(p * (k + 1) * (n - 1) / df * qf(conf, p, df))))
