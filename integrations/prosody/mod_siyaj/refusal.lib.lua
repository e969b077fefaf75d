-- Words for those whose message, room or account was refused: why, under which policy, and where to appeal. Never what
-- was matched.

local st = require "util.stanza";

local xmlns = "urn:siyaj:refusal:1";
local words = {
	en = {
		hold = "This waits for a person to look at it before it is published.";
		block = "This was refused.";
		away = "This cannot be checked now. Please try again later.";
		policy = "Policy: %s.";
		appeal = "You may appeal here: %s";
	};
	ar = {
		hold = "هذا المحتوى في انتظار أن ينظر فيه شخص قبل نشره.";
		block = "رُفض هذا المحتوى.";
		away = "تعذّر فحص هذا المحتوى الآن. أعد المحاولة لاحقًا من فضلك.";
		policy = "السياسة: %s.";
		appeal = "يمكنك التظلّم هنا: %s";
	};
};

local refusal = {};

-- Returns the text for a verdict; nil stands for "Siyaj did not answer".
function refusal.text(verdict, language)
	local arabic = (language or ""):match("^ar") ~= nil;
	local its = arabic and words.ar or words.en;
	if not verdict then return its.away; end
	local parts = { its[verdict.action] or its.block };
	local reason = verdict.reasons and verdict.reasons[1];
	if reason then
		parts[#parts + 1] = arabic and (reason.text_ar or "") ~= "" and reason.text_ar or reason.text;
	end
	if verdict.policy then parts[#parts + 1] = its.policy:format(verdict.policy); end
	if verdict.appeal_url then parts[#parts + 1] = its.appeal:format(verdict.appeal_url); end
	return table.concat(parts, " ");
end

-- Returns the error to send back; programs read <refused policy= case= appeal=/> in it.
function refusal.reply(stanza, verdict, by)
	local text = refusal.text(verdict, stanza.attr["xml:lang"]);
	if not verdict then return st.error_reply(stanza, "wait", "resource-constraint", text, by); end
	return st.error_reply(stanza, "modify", "policy-violation", text, by):tag("refused", {
		xmlns = xmlns;
		action = verdict.action;
		verdict = verdict.id;
		policy = verdict.policy;
		["case"] = verdict.case;
		appeal = verdict.appeal_url;
	}):up();
end

return refusal;
