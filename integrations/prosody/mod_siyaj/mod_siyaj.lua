-- mod_siyaj: what happens in group chats and at registration goes through Siyaj before it is published; reports by
-- XEP-0377 reach it; what its people decide is done here. See README.md.
--
-- Load it on the MUC component (messages, rooms, actions) and on the VirtualHost (registration, reports, accounts).

local client = module:require "client";
local new_spool = module:require "spool";

-- Both halves meet here, whichever host they are loaded on.
local meeting = module:shared("/*/siyaj/meeting");
meeting.rooms = meeting.rooms or {}; -- by MUC host: looks items and occupants up
meeting.hosts = meeting.hosts or {}; -- by VirtualHost: suspends accounts

local away = module:get_option_string("siyaj_when_away", "open");

-- True where an event may pass although Siyaj did not answer. Each hook can be set by itself, for example
-- siyaj_when_away_registration = "closed".
local function passes(hook)
	return module:get_option_string("siyaj_when_away_" .. hook, away) ~= "closed";
end

-- A fault of ours must not silence a room: an error in a hook counts as no answer. pcall may be waited in (Lua 5.2+).
local function guarded(hook, handler)
	return function (event)
		local ok, result = xpcall(handler, debug.traceback, event);
		if ok then return result; end
		module:log("error", "The %s hook failed: %s", hook, result);
		return not passes(hook) or nil;
	end
end

local site = {
	guarded = guarded;
	client = client;
	meeting = meeting;
	passes = passes;
	unchecked = module:measure("siyaj_unchecked", "counter");
	refused = module:measure("siyaj_refused", "counter");
};

if module:get_host_type() == "component" then
	site.spool = new_spool(client, "checks");
	local rooms = module:require "rooms"(site);
	module:require "actions"(site, rooms);
else
	site.spool = new_spool(client, "reports");
	module:require "accounts"(site);
end

client.on_answer = function ()
	if site.spool.count() > 0 then site.spool.flush(); end
end
