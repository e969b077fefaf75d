-- Does what people decided: asks Siyaj for actions, does each once, and says how it went.

local st = require "util.stanza";
local jid = require "util.jid";
local datetime = require "util.datetime";
local timer = require "util.timer";

local WAIT_SECONDS = 20; -- Siyaj holds the question open for so long when there is nothing to do
local REST_SECONDS = 5;
local NO_WAY = "no way"; -- returned by what XMPP has no way to do: settled with its words, and no failure
local endpoint = module:get_option_string("siyaj_endpoint", "prosody");

return function (site, rooms)
	local muc, archive = rooms.muc, rooms.archive;
	local removed = module:open_store("siyaj_removed", "keyval");
	local done = module:open_store("siyaj_done", "keyval");
	local act = {};

	local function words_of(action)
		local statement = action.payload and action.payload.statement or {};
		local parts = { statement.action, statement.ground, statement.appeal_url };
		local said = {};
		for n = 1, 3 do
			if parts[n] and parts[n] ~= "" then said[#said + 1] = parts[n]; end
		end
		return #said > 0 and table.concat(said, " ") or "This was decided by the moderators of this service.";
	end

	local function channel_in(action)
		local channel = action.payload and action.payload.channel;
		return type(channel) == "table" and channel.id or channel;
	end

	function act.close_channel(action)
		local room_jid = action.subject.id;
		local node = jid.node(room_jid);
		if jid.host(room_jid) ~= module.host or not node then return nil, "not a room of this server"; end
		local room = muc.get_room_from_jid(room_jid);
		local kept = { at = os.time(), why = words_of(action) };
		if room and not room._data.destroyed then
			kept.data, kept.affiliations = room._data, room._affiliations;
		end
		local ok, err = rooms.closed:set(node, kept);
		if not ok then return nil, err; end
		if room then room:destroy(nil, kept.why); end
		return true;
	end

	function act.reopen_channel(action)
		local room_jid = action.subject.id;
		local node = jid.node(room_jid);
		if jid.host(room_jid) ~= module.host or not node then return nil, "not a room of this server"; end
		local kept = rooms.closed:get(node);
		rooms.closed:set(node, nil);
		local tombstone = muc.get_room_from_jid(room_jid);
		if tombstone and tombstone._data.destroyed then tombstone:destroy(); end
		if kept and kept.data and not muc.get_room_from_jid(room_jid) then
			local room = muc.create_room(room_jid, kept.data);
			for person, affiliation in pairs(kept.affiliations or {}) do
				room:set_affiliation(true, person, affiliation);
			end
			room:save(true);
		end
		return true;
	end

	function act.limit(action)
		if action.subject.kind ~= "channel" then return NO_WAY, "XMPP can limit rooms only"; end
		local room = muc.get_room_from_jid(action.subject.id);
		if not room then return nil, "there is no such room"; end
		room:set_public(false);
		room:set_members_only(true);
		room:save(true);
		return true;
	end

	local function retract(room_jid, archived, item)
		local node = jid.node(room_jid);
		local _, _, stanza = rooms.archived_message(room_jid, archived);
		if stanza then removed:set(item, { room = room_jid, stanza = st.preserialize(stanza) }); end
		local ok, err = archive:delete(node, { key = archived });
		if not ok then return nil, "the archive does not let go of it: " .. tostring(err); end
		local room = muc.get_room_from_jid(room_jid);
		if not room then return true; end
		for n = #(room._history or {}), 1, -1 do
			local its = room._history[n].stanza:get_child("item", "urn:siyaj:item:1");
			if its and its.attr.id == item then table.remove(room._history, n); end
		end
		-- XEP-0425: clients that know it take the message off the screen; new ones find none in the history.
		room:broadcast_message(st.message({ from = room_jid, type = "groupchat", id = item })
			:tag("apply-to", { xmlns = "urn:xmpp:fasten:0", id = archived })
				:tag("moderated", { xmlns = "urn:xmpp:message-moderate:0", by = room_jid })
					:tag("retract", { xmlns = "urn:xmpp:message-retract:0" }):up()
				:up()
			:up());
		return true;
	end

	function act.remove(action)
		local item = action.subject.id;
		local room_jid, archived = rooms.find(item, channel_in(action));
		if removed:get(item) then return true; end
		if not room_jid then return true; end -- it was held, and never published; or it has left the archive
		if not archived then return NO_WAY, "the room keeps no archive: what was sent cannot be taken back"; end
		return retract(room_jid, archived, item);
	end

	act.hold = act.remove; -- a copy is kept: `restore` publishes it again

	local function republish(item)
		local kept = removed:get(item);
		local room = muc.get_room_from_jid(kept.room);
		if not room then return nil, "the room is gone"; end
		local stanza = st.deserialize(kept.stanza);
		stanza:remove_children("stanza-id", "urn:xmpp:sid:0");
		stanza.attr.to = nil;
		stanza:tag("delay", { xmlns = "urn:xmpp:delay", from = kept.room, stamp = datetime.datetime() }):up();
		room:broadcast_message(stanza);
		removed:set(item, nil);
		return true;
	end

	function act.restore(action)
		if action.subject.kind == "channel" then
			local room = muc.get_room_from_jid(action.subject.id);
			if not room then return nil, "there is no such room"; end
			room:set_members_only(false);
			room:save(true);
			return true;
		end
		if not removed:get(action.subject.id) then
			return NO_WAY, "XMPP servers keep no copy of what was refused: its author may send it again";
		end
		return republish(action.subject.id);
	end

	local function ban_everywhere(person, affiliation)
		for room in muc.each_room() do
			if not room._data.destroyed then room:set_affiliation(true, person, affiliation); end
		end
		return true;
	end

	function act.suspend_account(action)
		local username, host = jid.split(action.subject.id);
		local its = site.meeting.hosts[host or ""];
		if its and username then return its.suspend(username, words_of(action)); end
		return ban_everywhere(action.subject.id, "outcast"); -- another server's account: out of the rooms here
	end

	function act.reinstate_account(action)
		local username, host = jid.split(action.subject.id);
		local its = site.meeting.hosts[host or ""];
		if its and username then return its.reinstate(username); end
		return ban_everywhere(action.subject.id, nil);
	end

	function act.notify(action)
		local to = action.payload and action.payload.to;
		to = type(to) == "table" and to.id or to or action.payload.account;
		if type(to) ~= "string" or not jid.split(to) then return NO_WAY, "nobody to notify"; end
		module:send(st.message({ from = module.host, to = to, type = "normal" }, words_of(action)));
		return true;
	end

	local function do_once(action)
		if done:get(action.id) then return true; end
		local its = act[action.kind];
		if not its then return NO_WAY, "XMPP has no way to " .. action.kind; end
		local called, ok, err = pcall(its, action);
		if not called then ok, err = nil, ok; end
		if ok and ok ~= NO_WAY then done:set(action.id, { at = os.time() }); end
		module:log("info", "%s %s %s: %s", action.kind, action.subject.kind, action.subject.id, err or "done");
		return ok, err;
	end

	local function acknowledge(action, ok, err)
		local path = "/v1/actions/" .. action.id .. "/ack?endpoint=" .. endpoint;
		local did = ok and ok ~= NO_WAY or false;
		local body = { ok = did, unavailable = ok == NO_WAY or nil };
		if not did then body.error = tostring(err or "it did not work"); end
		site.client.ask("POST", path, body, { seconds = 10, patient = true }, function (_, status)
			if status >= 200 and status < 500 then done:set(action.id, nil); end -- it is not offered again
		end);
	end

	-- What was let through unchecked and is refused now, after all, is taken back.
	function site.spool.answered(entry, verdict)
		if verdict.action ~= "block" and verdict.action ~= "hold" then return; end
		local room_jid, archived = rooms.find(entry.body.id, entry.body.channel and entry.body.channel.id);
		if entry.body.kind == "message" and room_jid and archived then retract(room_jid, archived, entry.body.id); end
	end

	local stopped = false;
	local function poll()
		if stopped then return; end
		local path = ("/v1/actions?endpoint=%s&limit=50&wait=%d"):format(endpoint, WAIT_SECONDS);
		local options = { seconds = WAIT_SECONDS + 5, patient = true };
		site.client.ask("GET", path, nil, options, function (page, status)
			for _, action in ipairs(page and page.items or {}) do
				acknowledge(action, do_once(action));
			end
			if status == 404 then module:log("warn", "Siyaj knows no endpoint %s: siyaj endpoint add %s --kind poll",
				endpoint, endpoint); end
			timer.add_task(page and 0.2 or REST_SECONDS, poll);
		end);
	end
	timer.add_task(0.5, poll);
	function module.unload() stopped = true; end
end
