# What R's surveillance says by EARS of a series, which tests/monitor/test_ears.py compares with.
#   Rscript bench/reference/ears.R > tests/monitor/ears.json
# Written with R 4.2.2 and surveillance 1.20.3 (Debian 12).
suppressMessages(library(surveillance))
set.seed(20261130)
counts <- rnbinom(60, size = 4, mu = 8)
counts[c(30, 31)] <- c(30, 35)
counts[45] <- 28
json <- function(x) {
  x <- ifelse(is.na(x), "null", format(x, digits = 17, trim = TRUE, scientific = TRUE))
  paste0("[", paste(x, collapse = ", "), "]")
}
of_method <- function(method) {
  s <- sts(observed = matrix(counts), frequency = 52)
  out <- earsC(s, control = list(range = 15:60, method = method, alpha = 0.001))
  paste0(
    '  {"method": "', method, '", "counts": [', paste(counts, collapse = ","), "]",
    ',\n   "upper": ', json(as.vector(out@upperbound)),
    ',\n   "alarms": [', paste(as.integer(out@alarm), collapse = ","), "]}"
  )
}
cat("[\n", paste(sapply(c("C1", "C2"), of_method), collapse = ",\n"), "\n]\n", sep = "")
