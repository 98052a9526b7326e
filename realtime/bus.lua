-- The sequencer of all processes: gives each message its place, logs it for a while, passes it on.
-- A number that comes before its turn is kept until then.
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

local function whole(number)
  return string.format("%.0f", number)
end

local function pass_on(topic, kept, line)
  local n = whole(redis.call("HINCRBY", bus, "n", 1))
  local text = epoch .. " " .. n .. " " .. line
  if kept == "1" then
    local log = prefix .. "log:" .. epoch .. ":" .. topic
    redis.call("XADD", log, "MAXLEN", log_size, n .. "-0", "m", text)
    redis.call("EXPIRE", log, log_life)
  end
  redis.call("PUBLISH", prefix .. "topic:" .. topic, text)
end

-- Pass on what came too early and was kept, under its number; whether there was something.
local function catch_up(early, number)
  local found = redis.call("HGET", early, whole(number))
  if found then
    redis.call("HDEL", early, whole(number))
    pass_on(found:match("^(%S+) (%d) (.*)$"))
  end
  return found
end

-- Pass on what was kept of a stream below a number, in order.
local function catch_up_to(early, number)
  local numbers = {}
  for _, each in ipairs(redis.call("HKEYS", early)) do
    if tonumber(each) < number then
      numbers[#numbers + 1] = tonumber(each)
    end
  end
  table.sort(numbers)
  for _, each in ipairs(numbers) do
    catch_up(early, each)
  end
end

-- -1: passed on; -2: said before; otherwise the last number, after which some are missing.
local function take(topic, rule, stream, number, base, kept, line)
  if rule == "free" then
    pass_on(topic, kept, line)
    return -1
  end
  local key, early = prefix .. "last:" .. stream, prefix .. "early:" .. stream
  local last = tonumber(redis.call("GET", key) or base)
  if number <= last then
    return -2
  end
  if number > last + 1 then
    if rule == "next" then
      redis.call("HSET", early, whole(number), topic .. " " .. kept .. " " .. line)
      redis.call("EXPIRE", early, log_life)
      return last
    end
    catch_up_to(early, number)
  end
  pass_on(topic, kept, line)
  while catch_up(early, number + 1) do
    number = number + 1
  end
  redis.call("SET", key, whole(number), "EX", last_life)
  return -1
end

for at = 8, #ARGV, 7 do
  local topic, rule, stream, number, base, kept, line = unpack(ARGV, at, at + 6)
  local verdict = -3
  -- What follows an early one waits, but for its own stream's: their numbers tell their place.
  if not held[topic] or held[topic] == stream then
    verdict = take(topic, rule, stream, tonumber(number), base, kept, line)
  else
    held[topic] = "*"
  end
  if verdict >= 0 then
    held[topic] = stream
  end
  verdicts[#verdicts + 1] = verdict
end
if #verdicts > 0 then
  redis.call("HSET", done, "batch", batch, "answer", cjson.encode(verdicts))
  redis.call("EXPIRE", done, log_life)
end
return verdicts
