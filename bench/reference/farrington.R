# What R's surveillance says of a few series, which tests/monitor/test_farrington.py compares with.
#   apt-get install r-cran-surveillance r-cran-jsonlite
#   Rscript bench/reference/farrington.R > tests/monitor/farrington.json
# Written with R 4.2.2 and surveillance 1.20.3 (Debian 12).
suppressMessages(library(surveillance))
set.seed(20261130)
weeks <- 320
series <- function(theta, beta, gamma1, gamma2, phi) {
  t <- seq_len(weeks)
  mu <- exp(theta + beta * t + gamma1 * cos(2 * pi * t / 52) + gamma2 * sin(2 * pi * t / 52))
  if (phi > 1) rnbinom(weeks, size = mu / (phi - 1), prob = 1 / phi) else rpois(weeks, mu)
}
counts <- list(
  season = series(2.5, 0.001, 1, 0.1, 3), rare = series(-2, 0, 0.1, 0.3, 2),
  wide = series(0.5, 0.002, 0.5, 0.5, 5), large = series(5, 0.0001, 0.05, 0.01, 1.2),
  poisson = series(3.75, 0.001, 0.1, -0.1, 1), growing = series(1, 0.01, 0, 0, 1.5),
  outbreaks = series(1.5, 0, 0.2, -0.4, 1), emptied = series(0, 0, 1.5, 0, 1)
)
counts$outbreaks[c(100:104, 200:203)] <- counts$outbreaks[c(100:104, 200:203)] + 25
counts$emptied[cos(2 * pi * seq_len(weeks) / 52) < 0] <- 0
range <- 301:weeks
json <- function(x) {
  x <- ifelse(is.na(x), "null", format(x, digits = 17, trim = TRUE, scientific = TRUE))
  paste0("[", paste(x, collapse = ", "), "]")
}
of_series <- function(name, periods, past) {
  s <- sts(observed = matrix(counts[[name]]), frequency = 52)
  out <- suppressWarnings(farringtonFlexible(s, control = list(
    range = range, b = 5, w = 3, reweight = TRUE, weightsThreshold = 2.58, alpha = 0.005,
    trend = TRUE, pThresholdTrend = 1, limit54 = c(0, 4), noPeriods = periods,
    pastWeeksNotIncluded = past, thresholdMethod = "nbPlugin", glmWarnings = FALSE
  )))
  paste0(
    '  {"name": "', name, '", "periods": ', periods, ', "left_out": ', past,
    ',\n   "counts": [', paste(counts[[name]], collapse = ","), "]",
    ',\n   "expected": ', json(as.vector(out@control$expected)),
    ',\n   "dispersion": ', json(as.vector(out@control$phiVector)),
    ',\n   "p": ', json(as.vector(out@control$pvalue)),
    ',\n   "upper": ', json(as.vector(out@upperbound)),
    ',\n   "alarms": [', paste(as.integer(out@alarm), collapse = ","), "]}"
  )
}
settings <- rbind(
  expand.grid(name = names(counts), periods = 10, past = 26, stringsAsFactors = FALSE),
  data.frame(name = c("season", "outbreaks"), periods = 1, past = 3)
)
cat("[\n", paste(mapply(of_series, settings$name, settings$periods, settings$past),
                 collapse = ",\n"), "\n]\n", sep = "")
