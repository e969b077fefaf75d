-- What must reach Siyaj, however long it is away: reports, and checks that were not answered in time. Each entry is
-- on disk before this returns, is sent with the same id each time (so that nothing counts twice), and is taken out when
-- it was answered.

local timer = require "util.timer";
local now = require "util.time".now;

local MOST = 10000;
local FIRST_SECONDS, LONGEST_SECONDS = 2, 300;

return function (client, name)
	local store = module:open_store("siyaj_" .. name, "keyval");
	local waiting, count = {}, 0;
	local spool = { answered = function () end };

	local function take_out(id)
		if waiting[id] then count = count - 1; end
		waiting[id] = nil;
		store:set(id, nil);
	end

	local function send(id)
		local entry = waiting[id];
		if not entry or entry.busy then return; end
		entry.busy = true;
		local options = { idempotency_key = entry.key, seconds = 10, patient = true };
		client.ask("POST", entry.path, entry.body, options, function (answer, status)
			entry.busy = nil;
			local passing = status == 0 or status >= 500 or status == 408 or status == 409 or status == 429
				or status == 401 or status == 403; -- a key may be mended; what it could not say is not lost
			if not passing then
				take_out(id);
				if answer then return spool.answered(entry, answer); end
				return module:log("error", "Siyaj refuses %s for good (%d): %s", entry.path, status, id);
			end
			entry.attempts = entry.attempts + 1;
			entry.next = now() + math.min(LONGEST_SECONDS, FIRST_SECONDS * 2 ^ math.min(entry.attempts, 10));
		end);
	end

	function spool.put(id, entry)
		if waiting[id] then return; end
		if count >= MOST then
			module:log("error", "The spool %s is full; %s is lost", name, id);
			return;
		end
		entry.attempts, entry.next = 0, now();
		local ok, err = store:set(id, entry);
		if not ok then module:log("error", "Cannot write to the spool %s: %s", name, err); end
		waiting[id], count = entry, count + 1;
		send(id);
	end

	function spool.flush(all)
		local moment = now();
		for id, entry in pairs(waiting) do
			if all or entry.next <= moment then send(id); end
		end
	end

	function spool.count() return count; end

	for id in store:users() do -- what a restart found on disk
		local entry = store:get(id);
		if entry then
			entry.busy, entry.next = nil, 0;
			waiting[id], count = entry, count + 1;
		end
	end
	timer.add_task(1, function ()
		spool.flush();
		return 1;
	end);
	return spool;
end
