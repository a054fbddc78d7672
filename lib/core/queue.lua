#!lua name=postroom_v1
--
-- The queue's hops, each one atomic step however many contacts it carries. Change the number in the
-- library's and the functions' names together when a call changes its meaning: daemons of two
-- versions may then share one server while they are replaced.
--
-- KEYS are always the same nine: 1 the set of live ids, 2-4 contacts, 5-7 classified (e-mail, SMS,
-- web), 8 urgent, 9 buried. Streams are named by their place in KEYS. A ticket is five values:
-- stream, entry, cid, channel, deliveries; tickets are answered as one list: how many, their values,
-- what else there is to say.

local GROUP = 'pr'
local LIVE = 1
local FIRST_STREAM = 2
local CHANNELS = { email = true, sms = true, web = true }

-- Run a command of the consumer group; where stream or group is missing (a server that was
-- emptied) it is made.
local function grouped(key, command)
	local reply = redis.pcall(unpack(command))
	if type(reply) == 'table' and reply.err and string.find(reply.err, 'NOGROUP', 1, true) then
		redis.call('XGROUP', 'CREATE', key, GROUP, '0', 'MKSTREAM')
		reply = redis.pcall(unpack(command))
	end
	if type(reply) == 'table' and reply.err then
		error(reply)
	end
	return reply
end

local function stand(key, cid, channel)
	redis.call('XADD', key, '*', 'cid', cid, 'channel', channel)
end

-- False when the entry was not pending: somebody was through with it before.
local function leave(key, id)
	if redis.call('XACK', key, GROUP, id) == 0 then
		return false
	end
	redis.call('XDEL', key, id)
	return true
end

-- Add a ticket; what postroom cannot have written is taken out of the stream.
local function hand_out(tickets, keys, stream, entry, deliveries)
	local id, fields = entry[1], {}
	for i = 1, #entry[2], 2 do
		fields[entry[2][i]] = entry[2][i + 1]
	end
	local cid, channel = fields.cid, fields.channel
	if not cid or #cid ~= 32 or string.find(cid, '[^0-9a-f]') or not CHANNELS[channel or ''] then
		leave(keys[stream], id)
		return 0
	end
	for _, value in ipairs({ stream, id, cid, channel, deliveries }) do
		tickets[#tickets + 1] = value
	end
	tickets[1] = tickets[1] + 1
	return 1
end

-- Up to count fresh entries of one stream; returns how many the stream gave.
local function read(tickets, keys, stream, consumer, count)
	local key = keys[stream]
	local command = { 'XREADGROUP', 'GROUP', GROUP, consumer, 'COUNT', count, 'STREAMS', key, '>' }
	local reply = grouped(key, command)
	if not reply then
		return 0
	end
	for _, entry in ipairs(reply[1][2]) do
		hand_out(tickets, keys, stream, entry, 1)
	end
	return #reply[1][2]
end

-- The newest entry that each stream ever had: from there on a reader may wait.
local function add_ends(ids, keys, streams)
	for _, stream in ipairs(streams) do
		local info = redis.call('XINFO', 'STREAM', keys[stream])
		for i = 1, #info, 2 do
			if info[i] == 'last-generated-id' then
				ids[#ids + 1] = info[i + 1]
			end
		end
	end
end

local function last_delivered(key)
	for _, group in ipairs(redis.call('XINFO', 'GROUPS', key)) do
		local fields = {}
		for i = 1, #group, 2 do
			fields[group[i]] = group[i + 1]
		end
		if fields.name == GROUP then
			return fields['last-delivered-id']
		end
	end
end

-- Of a stream that has nothing fresh: take out what was passed over and is in nobody's hand, for it would be handed
-- out never again. A Redis 7.0 that died within an EXEC leaves it: it keeps the open MULTI, and at its next start does
-- that half a hop as well. The sweep puts again what still needs it.
local function clear_stranded(key)
	if redis.call('XLEN', key) == redis.call('XPENDING', key, GROUP)[1] then
		return
	end
	for _, entry in ipairs(redis.call('XRANGE', key, '-', last_delivered(key))) do
		if #redis.call('XPENDING', key, GROUP, entry[1], entry[1], 1) == 0 then
			redis.call('XDEL', key, entry[1])
		end
	end
end

-- Every hop keeps the set as long as the streams together. Where it is not (somebody deleted a key by hand, or Redis
-- died), the set is made again from the streams, or the sweep would never see what is missing.
local function heal(keys)
	local standing = 0
	for stream = FIRST_STREAM, #keys do
		standing = standing + redis.call('XLEN', keys[stream])
	end
	if redis.call('SCARD', keys[LIVE]) == standing then
		return
	end
	redis.call('DEL', keys[LIVE])
	for stream = FIRST_STREAM, #keys do
		local from, entries = '-', nil
		repeat
			entries = redis.call('XRANGE', keys[stream], from, '+', 'COUNT', 1000)
			for _, entry in ipairs(entries) do
				redis.call('SADD', keys[LIVE], entry[2][2])
				from = '(' .. entry[1]
			end
		until #entries < 1000
	end
end

-- ARGV: consumer, max, turn, stream to be drained first (0: none), streams that share alike.
-- Each stream gets its share; what one leaves goes to the others. turn moves who is asked first.
-- Behind no ticket stands where each stream ends.
local function take(keys, args)
	local consumer, room = args[1], tonumber(args[2])
	local turn, first = tonumber(args[3]), tonumber(args[4])
	local tickets, streams, open = { 0 }, {}, {}
	if first > 0 then
		streams[1] = first
		room = room - read(tickets, keys, first, consumer, room)
	end
	for i = 0, #args - 5 do
		open[i + 1] = tonumber(args[5 + (i + turn) % (#args - 4)])
		streams[#streams + 1] = tonumber(args[5 + i])
	end
	if tickets[1] > 0 then
		return tickets
	end
	while room > 0 and #open > 0 do
		local share, more = math.max(1, math.floor(room / #open)), {}
		for _, stream in ipairs(open) do
			local asked = math.min(share, room)
			local got = asked > 0 and read(tickets, keys, stream, consumer, asked) or 0
			room = room - got
			if got == share then
				more[#more + 1] = stream
			end
		end
		open = more
	end
	if tickets[1] == 0 then
		for _, stream in ipairs(streams) do
			clear_stranded(keys[stream])
		end
		heal(keys)
		add_ends(tickets, keys, streams)
	end
	return tickets
end

-- ARGV: consumer, max, idle ms, "own" or "any", then pairs of stream and where to go on (at first
-- "-"). Hands out again what this consumer, or any that has been idle for so long, took and never
-- finished. XCLAIM counts the delivery, in the log too, and drops entries that were deleted.
local function resume(keys, args)
	local consumer, room, idle, whose = args[1], tonumber(args[2]), args[3], args[4]
	local tickets = { 0 }
	for i = 5, #args, 2 do
		local stream, from = tonumber(args[i]), args[i + 1]
		local key, more = keys[stream], true
		while more and room > 0 do
			local asked, ids, before = room, {}, {}
			local command = { 'XPENDING', key, GROUP, 'IDLE', idle, from, '+', asked }
			if whose == 'own' then
				command[#command + 1] = consumer
			end
			local pending = grouped(key, command)
			for n, entry in ipairs(pending) do
				ids[n] = entry[1]
				before[entry[1]] = entry[4]
				from = '(' .. entry[1]
			end
			if #ids > 0 then
				local claimed = redis.call('XCLAIM', key, GROUP, consumer, idle, unpack(ids))
				for _, entry in ipairs(claimed) do
					room = room - hand_out(tickets, keys, stream, entry, before[entry[1]] + 1)
				end
			end
			more = #ids == asked
		end
	end
	return tickets
end

-- ARGV: pairs of stream and cid. Returns how many were not live.
local function put(keys, args)
	local added = 0
	for i = 1, #args, 2 do
		local key = keys[tonumber(args[i])]
		local channel = string.match(key, '[^:]+$')
		if redis.call('SISMEMBER', keys[LIVE], args[i + 1]) == 0 then
			stand(key, args[i + 1], channel)
			redis.call('SADD', keys[LIVE], args[i + 1])
			added = added + 1
		end
	end
	return added
end

-- ARGV: stream, entry, cid, channel, stream to stand in next. Returns how many were not through
-- already.
local function move(keys, args)
	local moved = 0
	for i = 1, #args, 5 do
		if leave(keys[tonumber(args[i])], args[i + 1]) then
			stand(keys[tonumber(args[i + 4])], args[i + 2], args[i + 3])
			moved = moved + 1
		end
	end
	return moved
end

-- ARGV: stream, entry, cid.
local function done(keys, args)
	local gone = 0
	for i = 1, #args, 3 do
		if leave(keys[tonumber(args[i])], args[i + 1]) then
			redis.call('SREM', keys[LIVE], args[i + 2])
			gone = gone + 1
		end
	end
	return gone
end

-- ARGV: cids. Returns 1 or 0 for each.
local function live(keys, args)
	heal(keys)
	return redis.call('SMISMEMBER', keys[LIVE], unpack(args))
end

-- Returns the length of each stream, the number of live ids, and how many entries are in hand.
local function count(keys)
	local counts, pending = {}, 0
	for stream = FIRST_STREAM, #keys do
		local reply = redis.pcall('XPENDING', keys[stream], GROUP)
		counts[#counts + 1] = redis.call('XLEN', keys[stream])
		pending = pending + (reply[1] or 0)
	end
	counts[#counts + 1] = redis.call('SCARD', keys[LIVE])
	counts[#counts + 1] = pending
	return counts
end

redis.register_function('pr1_put', put)
redis.register_function('pr1_take', take)
redis.register_function('pr1_resume', resume)
redis.register_function('pr1_move', move)
redis.register_function('pr1_done', done)
redis.register_function('pr1_live', live)
redis.register_function({ function_name = 'pr1_count', callback = count, flags = { 'no-writes' } })
