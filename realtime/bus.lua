-- The sequencer of all processes: gives each message its place, keeps it for a while, passes it on.
-- ARGV: the keys' prefix, an epoch to begin with, how many messages a log holds, how long (s) it
-- lives without a new one, how long (s) a stream's last number is known, who sends, the number of
-- this batch of theirs; then, for each message, topic, rule, stream, number, base, whether it is
-- kept ("1"), and its line.
local prefix, first_epoch, log_size, log_life, last_life, sender, batch = unpack(ARGV, 1, 7)
local bus = prefix .. "bus"
local epoch = redis.call("HGET", bus, "epoch")
if not epoch then
  epoch = first_epoch
  redis.call("HSET", bus, "epoch", epoch)
end

-- A batch that is sent again, as its answer was lost, gets the same answer and does nothing.
local done = prefix .. "sent:" .. sender
local number_done, answer = unpack(redis.call("HMGET", done, "batch", "answer"))
if number_done == batch then
  return cjson.decode(answer)
end

local held, verdicts = {}, {}

-- -1: let through; -2: said before; otherwise the last number, after which some are missing.
local function judge(rule, stream, number, base)
  if rule == "free" then
    return -1
  end
  local key = prefix .. "last:" .. stream
  local last = tonumber(redis.call("GET", key) or base)
  if number <= last then
    return -2
  end
  if rule == "next" and number > last + 1 then
    return last
  end
  redis.call("SET", key, string.format("%.0f", number), "EX", last_life)
  return -1
end

for at = 8, #ARGV, 7 do
  local topic, rule, stream, number, base, kept, line = unpack(ARGV, at, at + 6)
  local verdict = -3
  if not held[topic] then
    verdict = judge(rule, stream, tonumber(number), base)
  end
  if verdict == -1 then
    local n = string.format("%.0f", redis.call("HINCRBY", bus, "n", 1))
    local text = epoch .. " " .. n .. " " .. line
    if kept == "1" then
      local log = prefix .. "log:" .. epoch .. ":" .. topic
      redis.call("XADD", log, "MAXLEN", log_size, n .. "-0", "m", text)
      redis.call("EXPIRE", log, log_life)
    end
    redis.call("PUBLISH", prefix .. "topic:" .. topic, text)
  elseif verdict >= 0 then
    held[topic] = true
  end
  verdicts[#verdicts + 1] = verdict
end
if #verdicts > 0 then
  redis.call("HSET", done, "batch", batch, "answer", cjson.encode(verdicts))
  redis.call("EXPIRE", done, log_life)
end
return verdicts
