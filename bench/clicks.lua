-- A different subid on every request, for whichever server is asked. The head is made
-- once, so that the script costs the same for both and as little as it can.
local n = 0
local start = os.getenv("BENCH_START") or "0"
local head, tail

function init(args)
  local prefix = args[1] or "/go.cgi?cpid=1&pid=2&wmid=1&target=default&subid="
  head = "GET " .. prefix .. start .. "x"
  tail = " HTTP/1.1\r\nHost: " .. wrk.headers["Host"] .. "\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Bench/1.0\r\n\r\n"
end

function request()
  n = n + 1
  return head .. n .. tail
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '{"requests": %d, "duration_us": %d, "p50_us": %d, "p99_us": %d, "errors": %d, "status_errors": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.timeout, e.status))
end
