-- What a message says, in every place where a client may show it, within the bounds that Siyaj takes: what is too
-- long is cut, because an event that is refused for its form would be an event that nobody looked at.

local sha256 = require "util.hashes".sha256;

local LONGEST_TEXT, LONGEST_NAME, LONGEST_LINK, LONGEST_ID, MOST_LINKS = 100000, 1000, 8192, 256, 100;
local xmlns_html = "http://jabber.org/protocol/xhtml-im";

local words = {};

-- Cuts at so many bytes, without leaving half a character.
local function cut(text, most)
	if not text or #text <= most then return text; end
	return (text:sub(1, most):gsub("[\194-\244][\128-\191]*$", ""));
end

function words.cut(text) return cut(text, LONGEST_TEXT); end
function words.name(name) return cut(name, LONGEST_NAME); end
function words.topic(topic) return cut(topic, 10 * LONGEST_NAME); end
function words.language(tag) return tag and #tag <= 35 and tag or nil; end

-- A JID may be longer than an id: then its beginning and its hash stand for it.
function words.id(id)
	if #id <= LONGEST_ID then return id; end
	return cut(id, 180) .. "~" .. sha256(id, true);
end

local function deep_text(tag, into, links)
	for _, child in ipairs(tag) do
		if type(child) == "string" then
			into[#into + 1] = child;
		else
			if child.attr.href then links[#links + 1] = child.attr.href; end
			if child.attr.src then links[#links + 1] = child.attr.src; end
			deep_text(child, into, links);
		end
	end
end

-- Returns text and links: all bodies (there is one for each language), the formatted version, what is attached.
function words.of(stanza)
	local text, links = {}, {};
	for body in stanza:childtags("body") do text[#text + 1] = body:get_text(); end
	if #text > 0 then text[#text + 1] = stanza:get_child_text("subject"); end
	local html = stanza:get_child("html", xmlns_html);
	if html then
		local shown = {};
		deep_text(html, shown, links);
		text[#text + 1] = table.concat(shown, " ");
	end
	for oob in stanza:childtags("x", "jabber:x:oob") do
		links[#links + 1] = oob:get_child_text("url");
		text[#text + 1] = oob:get_child_text("desc");
	end
	local kept = {};
	for n = 1, math.min(#links, MOST_LINKS) do kept[n] = cut(links[n], LONGEST_LINK); end
	local said = cut(table.concat(text, "\n"), LONGEST_TEXT);
	return said:match("%S") and said or nil, #kept > 0 and kept or nil;
end

return words;
