# Prints reference.json: studies and what R's aov, lm, t.test and table find in them.
#   Rscript reference.R > reference.json      (R 4.2.2, base packages only)
# aiag is the gauge study printed in AIAG, Measurement Systems Analysis; crossed has an interaction.
num <- function(x) paste0("[", paste(formatC(x, digits = 17, format = "g"), collapse = ","), "]")
str <- function(x) paste0("[", paste0('"', x, '"', collapse = ","), "]")
one <- function(x) if (is.na(x)) "null" else formatC(x, digits = 17, format = "g")

gauge <- function(d, name) {
  n <- nlevels(d$part); k <- nlevels(d$operator); r <- nrow(d) / n / k
  full <- summary(aov(y ~ part * operator, d))[[1]]
  ms <- full[["Mean Sq"]]; ss <- full[["Sum Sq"]]; df <- full[["Df"]]
  pint <- pf(ms[3] / ms[4], df[3], df[4], lower.tail = FALSE)
  pooled <- pint > 0.25
  if (pooled) { err <- (ss[3] + ss[4]) / (df[3] + df[4]); edf <- df[3] + df[4]; vint <- 0; vrep <- err
  } else { err <- ms[3]; edf <- df[3]; vint <- max(0, (ms[3] - ms[4]) / r); vrep <- ms[4] }
  cat(sprintf('"%s":{"part":%s,"operator":%s,"y":%s,\n"df":%s,"ss":%s,"f_interaction":%s,"p_interaction":%s,"pooled":%s,\n"f_part":%s,"p_part":%s,"f_operator":%s,"p_operator":%s,\n"var":{"repeatability":%s,"operator":%s,"interaction":%s,"part":%s}}',
    name, str(d$part), str(d$operator), num(d$y), num(df), num(ss), one(ms[3] / ms[4]), one(pint), tolower(pooled),
    one(ms[1] / err), one(pf(ms[1] / err, df[1], edf, lower.tail = FALSE)), one(ms[2] / err), one(pf(ms[2] / err, df[2], edf, lower.tail = FALSE)),
    one(vrep), one(max(0, (ms[2] - err) / n / r)), one(vint), one(max(0, (ms[1] - err) / k / r))))
}

a <- c(.29,-.56,1.34,.47,-.80,.02,.59,-.31,2.26,-1.36, .41,-.68,1.17,.50,-.92,-.11,.75,-.20,1.99,-1.25, .64,-.58,1.27,.64,-.84,-.21,.66,-.17,2.01,-1.31)
b <- c(.08,-.47,1.19,.01,-.56,-.20,.47,-.63,1.80,-1.68, .25,-1.22,.94,1.03,-1.20,.22,.55,.08,2.12,-1.62, .07,-.68,1.34,.20,-1.28,.06,.83,-.34,2.19,-1.50)
c3 <- c(.04,-1.38,.88,.14,-1.46,-.29,.02,-.46,1.77,-1.49, -.11,-1.13,1.09,.20,-1.07,-.67,.01,-.56,1.45,-1.77, -.15,-.96,.67,.11,-1.45,-.49,.21,-.49,1.87,-2.16)
aiag <- data.frame(part = factor(rep(rep(1:10, 3), 3)), operator = factor(rep(c("A", "B", "C"), each = 30)), y = c(a, b, c3))
set.seed(7)
crossed <- expand.grid(trial = 1:2, operator = c("Li", "Wang"), part = 1:6)
crossed$y <- round(25 + 0.04 * crossed$part + ifelse(crossed$operator == "Li" & crossed$part %% 2 == 0, 0.03, 0) + rnorm(24, 0, 0.004), 4)
crossed$part <- factor(crossed$part)

cat("{"); gauge(aiag, "aiag"); cat(",\n"); gauge(crossed, "crossed"); cat(",\n")

# Bias: one sample t test. Linearity: least squares through all readings.
y <- c(5.8, 5.7, 5.9, 5.9, 6.0, 6.1, 6.0, 6.1, 6.4, 6.3, 6.0, 6.1, 6.2, 5.6, 6.0); t <- t.test(y, mu = 6)
cat(sprintf('"bias":{"y":%s,"reference":6,"bias":%s,"t":%s,"p":%s,"low":%s,"high":%s},\n', num(y), one(mean(y) - 6), one(t$statistic), one(t$p.value), one(t$conf.int[1] - 6), one(t$conf.int[2] - 6)))
ref <- rep(c(2, 4, 6, 8, 10), each = 12)
v <- c(2.7,2.5,2.4,2.5,2.7,2.3,2.5,2.5,2.4,2.4,2.6,2.4, 5.1,3.9,4.2,5,3.8,3.9,3.9,3.9,3.9,4,4.1,3.8, 5.8,5.7,5.9,5.9,6,6.1,6,6.1,6.4,6.3,6,6.1, 7.6,7.7,7.8,7.7,7.8,7.8,7.8,7.7,7.8,7.5,7.6,7.7, 9.1,9.3,9.5,9.3,9.4,9.5,9.5,9.5,9.6,9.2,9.3,9.4)
s <- summary(lm(I(v - ref) ~ ref))
cat(sprintf('"linearity":{"reference":%s,"y":%s,"coef":%s,"std_err":%s,"p":%s,"r2":%s,"sd":%s},\n', num(ref), num(v), num(s$coefficients[, 1]), num(s$coefficients[, 2]), num(s$coefficients[, 4]), one(s$r.squared), one(s$sigma)))

# Attributes: kappa of the contingency table, Fleiss' of the counts by part.
set.seed(3)
known <- rep(c("ok", "ok", "nok"), 8)
said <- function(err) { o <- known; flip <- runif(24) < err; o[flip] <- ifelse(known[flip] == "ok", "nok", "ok"); o }
A1 <- said(.05); A2 <- said(.05); B1 <- said(.2); B2 <- said(.2)
kappa <- function(x, y) { t <- table(factor(x, c("nok", "ok")), factor(y, c("nok", "ok"))) / length(x); po <- sum(diag(t)); pe <- sum(rowSums(t) * colSums(t)); c(po, pe, (po - pe) / (1 - pe)) }
m <- cbind(A1, A2, B1, B2); n <- cbind(rowSums(m == "nok"), rowSums(m == "ok"))
po <- mean(rowSums(n * (n - 1)) / 12); pe <- sum((colSums(n) / sum(n))^2)
cat(sprintf('"attribute":{"known":%s,"a1":%s,"a2":%s,"b1":%s,"b2":%s,"a_known":%s,"b_known":%s,"a_b":%s,"fleiss":%s}\n}\n', str(known), str(A1), str(A2), str(B1), str(B2),
  num(kappa(c(A1, A2), c(known, known))), num(kappa(c(B1, B2), c(known, known))), num(kappa(c(A1, A2), c(B1, B2))), num(c(po, pe, (po - pe) / (1 - pe)))))
