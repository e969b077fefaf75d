-- Asks Siyaj over HTTP, with a deadline. When Siyaj is away, a circuit breaker answers at once instead of each
-- message waiting for the deadline again.

local async = require "util.async";
local http = require "net.http";
local json = require "util.json";
local timer = require "util.timer";
local now = require "util.time".now;

local base = module:get_option_string("siyaj_url", "http://127.0.0.1:8741"):gsub("/+$", "");
local key = module:get_option_string("siyaj_key", "");
local deadline = module:get_option_number("siyaj_deadline", 1);
-- What is left of it is for writing down what passes unchecked, and for the rest of the way.
local patience = deadline - math.min(0.2, deadline / 5);
local key_file = module:get_option_path("siyaj_key_file", nil, "config");
if key_file then
	local file = assert(io.open(key_file, "r"));
	key = file:read("*l"):match("^%s*(.-)%s*$");
	file:close();
end

local FAILURES = 5; -- in a row, and then nothing is asked ...
local REST_SECONDS = 5; -- ... for so long

local client = { on_answer = function () end };
local failures, closed_until = 0, 0;

-- JSON's null is a value of its own to util.json; here what is null is not there.
local function without_nulls(value)
	if value == json.null then return nil; end
	if type(value) ~= "table" then return value; end
	local found = {};
	for name, its in pairs(value) do found[name] = without_nulls(its); end
	return found;
end

local function heard(ok)
	if ok then
		failures = 0;
		client.on_answer();
		return;
	end
	failures = failures + 1;
	if failures == FAILURES then
		module:log("warn", "Siyaj does not answer; it is asked again in %d s", REST_SECONDS);
	end
	if failures >= FAILURES then closed_until = now() + REST_SECONDS; end
end

-- Calls done(answer, status) once: the decoded JSON, or nil and the status (0: nothing came in time).
-- options: idempotency_key; seconds (deadline); patient (ask although the breaker is open).
function client.ask(method, path, body, options, done)
	options = options or {};
	if not options.patient and now() < closed_until then return done(nil, 0); end
	local finished = false;
	local function finish(answer, status)
		if finished then return; end
		finished = true;
		heard(status ~= 0 and status < 500);
		done(answer, status);
	end
	http.request(base .. path, {
		method = method;
		suppress_errors = true;
		body = body and json.encode(body) or nil;
		headers = {
			["Authorization"] = "Bearer " .. key;
			["Content-Type"] = body and "application/json" or nil;
			["Idempotency-Key"] = options.idempotency_key;
			["Accept"] = "application/json";
		};
	}, function (text, status)
		if type(status) ~= "number" or status < 100 then return finish(nil, 0); end
		local answer = without_nulls(json.decode(text or ""));
		if status >= 400 and status ~= 404 then
			module:log("warn", "Siyaj answers %s %s with %d: %s", method, path, status,
				type(answer) == "table" and answer.detail or text or "");
		end
		finish(status < 300 and answer or nil, status);
	end);
	timer.add_task(options.seconds or patience, function () finish(nil, 0); end);
end

-- The same for code that may wait: returns answer, status. The client that sent the stanza waits meanwhile, nobody
-- else does, and its later stanzas keep their order.
function client.ask_and_wait(method, path, body, options)
	if not async.ready() then return nil, 0; end
	local wait, done = async.waiter();
	local answer, status;
	client.ask(method, path, body, options, function (...)
		answer, status = ...;
		done();
	end);
	wait();
	return answer, status;
end

return client;
