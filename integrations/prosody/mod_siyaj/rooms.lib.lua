-- Group chats: messages and subjects before they are broadcast, rooms when they are made and when they are renamed.

local st = require "util.stanza";
local jid = require "util.jid";
local cache = require "util.cache";
local new_id = require "util.id".long;
local now = require "util.time".now;
local refusal = module:require "refusal";
local words = module:require "words";

local xmlns_item = "urn:siyaj:item:1"; -- our id for a message; archived with it, so that reports and removals find it
local FACTS_SECONDS = 60;
local KEPT = 10000;
local SCANNED = 2000;

return function (site)
	local muc = module:depends "muc";
	local archive = module:open_store("muc_log", "archive");
	local closed = module:open_store("siyaj_closed", "keyval");
	local items = cache.new(KEPT); -- our id of a message -> { room =, archived = }
	local known = setmetatable({}, { __mode = "k" }); -- room -> { facts, when }
	local rooms = { muc = muc, archive = archive, closed = closed, items = items };

	-- What Siyaj keeps about a channel. Counting a large room for each message would cost; a minute old is good enough.
	local function channel_of(room)
		local kept = known[room];
		if kept and now() - kept.at < FACTS_SECONDS then return kept.facts; end
		local people, admins = {}, {};
		for _, occupant in room:each_occupant() do people[occupant.bare_jid] = true; end
		for person, _, affiliation in room:each_affiliation() do
			affiliation = affiliation or room:get_affiliation(person);
			if affiliation ~= "outcast" then people[person] = true; end
			if affiliation == "owner" or affiliation == "admin" then admins[#admins + 1] = words.id(person); end
		end
		local count = 0;
		for _ in pairs(people) do count = count + 1; end
		while #admins > 200 do table.remove(admins); end
		local name = room:get_name();
		local facts = {
			id = words.id(room.jid);
			handle = words.name(jid.node(room.jid));
			title = name ~= jid.node(room.jid) and words.name(name) or nil;
			topic = words.topic(room:get_subject());
			subscribers = count;
			public = room:get_public() or false;
			admins = #admins > 0 and admins or nil;
			invites = { "xmpp:" .. room.jid .. "?join" };
		};
		known[room] = { facts = facts, at = now() };
		return facts;
	end
	rooms.channel_of = channel_of;

	function rooms.forget(room) known[room] = nil; end

	-- Asks, and returns whether it may pass, and the verdict. What is let through unchecked is checked later.
	local function check(hook, event)
		local key = event.id;
		local verdict = site.client.ask_and_wait("POST", "/v1/check", event, { idempotency_key = key });
		if verdict then
			local refused = verdict.action == "hold" or verdict.action == "block";
			if refused then site.refused(); end
			return not refused, verdict;
		end
		local passes = site.passes(hook);
		if passes then
			site.unchecked();
			site.spool.put(event.id, { path = "/v1/check", body = event, key = key });
		end
		return passes, nil;
	end

	module:hook("muc-occupant-groupchat", site.guarded("message", function (event)
		local room, stanza, occupant = event.room, event.stanza, event.occupant;
		if not occupant then return; end
		stanza:remove_children("item", xmlns_item);
		local text, links = words.of(stanza);
		local subject = not stanza:get_child("body") and stanza:get_child_text("subject");
		if not text and not links and not subject then return; end -- receipts, chat states, encrypted
		local channel = channel_of(room);
		local asked = {
			id = new_id();
			kind = "message";
			account = { id = words.id(occupant.bare_jid), name = words.name(jid.resource(occupant.nick)) };
			channel = channel;
			text = text;
			links = links;
			language = words.language(stanza.attr["xml:lang"]);
		};
		if subject then
			asked.kind, asked.text, asked.links = "channel", nil, nil;
			local told = {};
			for field, value in pairs(channel) do told[field] = value; end
			told.topic = subject ~= "" and words.topic(subject) or nil;
			asked.channel = told;
			rooms.forget(room);
		end
		local passes, verdict = check("message", asked);
		if not passes then
			module:send(refusal.reply(stanza, verdict, room.jid));
			return true;
		end
		if asked.kind == "message" then
			stanza:add_direct_child(st.stanza("item", { xmlns = xmlns_item, id = asked.id }));
		end
	end), 40); -- after the role check (50), before the subject is set (20)

	-- Once it is archived, remember where.
	module:hook("muc-add-history", function (event)
		local item = event.stanza:get_child("item", xmlns_item);
		if not item then return; end
		local archived;
		for id in event.stanza:childtags("stanza-id", "urn:xmpp:sid:0") do
			if id.attr.by == event.room.jid then archived = id.attr.id; end
		end
		items:set(item.attr.id, { room = event.room.jid, archived = archived });
	end, -0.5); -- after mod_muc_mam (0), before the room's own history (-1), which ends the chain

	module:hook("muc-room-pre-create", site.guarded("room", function (event)
		local room, stanza = event.room, event.stanza;
		if closed:get(jid.node(room.jid)) then
			event.origin.send(st.error_reply(stanza, "cancel", "gone", "This room was closed.", room.jid));
			return true;
		end
		local passes, verdict = check("room", {
			id = new_id();
			kind = "channel";
			account = { id = words.id(jid.bare(stanza.attr.from)) };
			channel = {
				id = words.id(room.jid), handle = words.name(jid.node(room.jid)), age_days = 0,
				admins = { words.id(jid.bare(stanza.attr.from)) },
				invites = { "xmpp:" .. room.jid .. "?join" };
			};
		});
		if not passes then
			event.origin.send(refusal.reply(stanza, verdict, room.jid));
			return true;
		end
	end), 5);

	-- A form that would name the room badly is refused as a whole, before any of it is applied.
	module:hook("iq-set/bare/http://jabber.org/protocol/muc#owner:query", site.guarded("room", function (event)
		local stanza, origin = event.stanza, event.origin;
		local room = muc.get_room_from_jid(stanza.attr.to);
		local form = stanza.tags[1]:get_child("x", "jabber:x:data");
		if not room or not form or form.attr.type ~= "submit" then return; end
		if room:get_affiliation(stanza.attr.from) ~= "owner" then return; end -- it is refused further on
		local named = {};
		for field in form:childtags("field") do
			named[field.attr.var or ""] = field:get_child_text("value");
		end
		local title, about = named["muc#roomconfig_roomname"], named["muc#roomconfig_roomdesc"];
		if (title or "") == "" and (about or "") == "" then return; end
		if title == room:get_name() and (about or "") == (room:get_description() or "") then return; end
		local told = {};
		for field, value in pairs(channel_of(room)) do told[field] = value; end
		told.title = title ~= "" and words.name(title) or told.title;
		told.topic = about ~= "" and words.topic(about) or told.topic;
		local passes, verdict = check("room", {
			id = new_id(), kind = "channel", account = { id = words.id(jid.bare(stanza.attr.from)) }, channel = told;
			language = words.language(stanza.attr["xml:lang"]);
		});
		rooms.forget(room);
		if not passes then
			origin.send(refusal.reply(stanza, verdict, room.jid));
			return true;
		end
	end), 100);

	-- Returns our id and the text of a message in the archive.
	local function archived_message(room_jid, archived)
		local found = archive:find(jid.node(room_jid), { ids = { archived }, key = archived, limit = 1 });
		if not found then return nil; end
		for id, stanza in found do
			if id == archived then
				local item = stanza:get_child("item", xmlns_item);
				return item and item.attr.id, stanza:get_child_text("body"), stanza;
			end
		end
	end
	rooms.archived_message = archived_message;

	-- Returns where a message is archived: from memory, or from the newest in the archive.
	function rooms.find(item, room_jid)
		local kept = items:get(item);
		if kept then return kept.room, kept.archived; end
		if not room_jid then return nil; end
		local found = archive:find(jid.node(room_jid), { reverse = true, limit = SCANNED });
		if not found then return nil; end
		for id, stanza in found do
			local its = stanza:get_child("item", xmlns_item);
			if its and its.attr.id == item then return room_jid, id; end
		end
	end

	-- For the other half: what a report's addresses stand for.
	site.meeting.rooms[module.host] = {
		message = archived_message;
		real_jid = function (nick)
			local room = muc.get_room_from_jid(jid.bare(nick));
			local occupant = room and room:get_occupant_by_nick(nick);
			return occupant and occupant.bare_jid;
		end;
	};
	return rooms;
end
