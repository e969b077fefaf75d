-- Accounts: registration is checked, reports (XEP-0377) are passed on, suspended accounts stay out.

local hashes = require "util.hashes";
local jid = require "util.jid";
local refusal = module:require "refusal";
local words = module:require "words";

local xmlns_reporting = "urn:xmpp:reporting:1";
local REASONS = { ["urn:xmpp:reporting:spam"] = "spam", ["urn:xmpp:reporting:abuse"] = "abuse" };

return function (site)
	local suspended = module:open_store("siyaj_suspended", "keyval");
	module:add_feature(xmlns_reporting);

	module:hook("user-registering", site.guarded("registration", function (user)
		local id = words.id(user.username .. "@" .. user.host);
		local verdict = site.client.ask_and_wait("POST", "/v1/check", {
			id = id, kind = "account", account = { id = id, handle = words.name(user.username), age_days = 0 };
		});
		if verdict and verdict.action ~= "hold" and verdict.action ~= "block" then return; end
		if not verdict and site.passes("registration") then
			site.unchecked();
			return;
		end
		user.allowed = false;
		user.error_type, user.error_condition = verdict and "modify" or "wait", verdict and "policy-violation" or
			"resource-constraint";
		user.reason = refusal.text(verdict);
	end));

	-- Returns what is reported: subject, and what was there.
	local function subject_of(reported, report)
		local bare, host = jid.bare(reported), jid.host(reported);
		for id in report:childtags("stanza-id", "urn:xmpp:sid:0") do
			local room = site.meeting.rooms[jid.host(id.attr.by) or ""];
			if room then
				local item, text = room.message(jid.bare(id.attr.by), id.attr.id);
				if item then return { kind = "item", id = item }, text; end
			end
		end
		local room = site.meeting.rooms[host or ""];
		if not room then return { kind = "account", id = words.id(bare) }; end
		if reported == bare then return { kind = "channel", id = words.id(bare) }; end
		return { kind = "account", id = words.id(room.real_jid(reported) or reported) };
	end

	local function report_of(reporter, item, report)
		local subject, text = subject_of(item.attr.jid, report);
		local reason = REASONS[report.attr.reason or ""] or report.attr.reason or "";
		local said = report:get_child_text("text") or "";
		local body = {
			subject = subject;
			reason = "other";
			text = words.cut((reason ~= "" and "[" .. reason .. "] " or "") .. said);
			reporter = { id = words.id(reporter) };
			content = text and { text = words.cut(text) } or nil;
		};
		-- The same person saying the same of the same is one report, however often a client sends it.
		body.id = hashes.sha256(table.concat({ reporter, subject.kind, subject.id, body.text }, "\0"), true);
		return body;
	end

	module:hook("iq-set/self/urn:xmpp:blocking:block", site.guarded("report", function (event)
		local reporter = event.origin.username .. "@" .. event.origin.host;
		for item in event.stanza.tags[1]:childtags("item") do
			local report = item:get_child("report", xmlns_reporting);
			if report and item.attr.jid then
				local body = report_of(reporter, item, report);
				site.spool.put(body.id, { path = "/v1/reports", body = body, key = body.id });
			end
		end
		-- Blocking itself goes on in mod_blocklist.
	end), 10);

	-- Prosody 0.12 has no disabled accounts: who is suspended may log in to no session.
	module:hook("pre-resource-bind", function (event)
		local why = suspended:get(event.session.username);
		if not why then return; end
		event.error = { type = "cancel", condition = "policy-violation", text = why.text };
		return false;
	end, 100);

	site.meeting.hosts[module.host] = {
		suspend = function (username, text)
			local ok, err = suspended:set(username, { text = text });
			if not ok then return nil, err; end
			local user = prosody.hosts[module.host].sessions[username];
			for _, session in pairs(user and user.sessions or {}) do
				session:close({ condition = "policy-violation", text = text });
			end
			return true;
		end;
		reinstate = function (username) return suspended:set(username, nil); end;
	};
end
