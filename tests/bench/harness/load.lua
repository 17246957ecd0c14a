-- For wrk: sends the requests of a file in turn. They are whole HTTP messages with a zero byte between them, so that nothing
-- is put together while the clock runs.
--
-- Where the file has a second part (after two zero bytes), that is what follows the answer to each of the first: the session
-- that was begun is put into it. Only then are answers looked at, for that costs time.

local firsts, at = {}, 0
local second
local begun = {}

local function answered(status, headers)
  for name, value in pairs(headers) do
    if name:lower() == "mcp-session-id" then return table.insert(begun, value) end
  end
  -- The answer to `initialized` is a 202; a server without sessions gives no id with its 200.
  if status == 200 then table.insert(begun, "none") end
end

function init(args)
  local text = io.open(args[1], "rb"):read("*a")
  local first, last = text:find("%z%z")
  if first then
    second = text:sub(last + 1)
    text = text:sub(1, first - 1)
    response = answered
  end
  for request in text:gmatch("[^%z]+") do table.insert(firsts, request) end
end

function request()
  if second and #begun > 0 then return (second:gsub("SESSION", table.remove(begun))) end
  at = at % #firsts + 1
  return firsts[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%f,"bytes":%d,"refused":%d,"broken":%d,"p50":%f,"p99":%f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
