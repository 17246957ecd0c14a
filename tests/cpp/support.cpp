#include "support.h"

namespace testing {

// ---- Gate ----

mcp::Permission TestGate::permit(const mcp::Use& use, const mcp::Caller&, core::Context& step) {
  asked.emplace_back(use.name);
  const auto answer = answers.find(use.name);
  if (answer != answers.end()) return answer->second;
  return rule ? rule(use, step) : mcp::Permission{};
}

bool TestGate::shows(const mcp::Use& use, const mcp::Caller&) {
  return !hidden.contains(use.name);
}

std::optional<mcp::Caller> TestGate::recall(std::string_view handle, core::Context&) {
  const auto found = callers.find(handle);
  return found == callers.end() ? std::nullopt : std::optional(found->second);
}

// ---- Events ----

std::vector<Event> parse_events(std::string_view text) {
  std::vector<Event> events;
  while (!text.empty()) {
    const size_t end = text.find("\n\n");
    REQUIRE(end != std::string_view::npos);
    Event event;
    std::string_view lines = text.substr(0, end + 1);
    text.remove_prefix(end + 2);
    while (!lines.empty()) {
      const std::string_view line = lines.substr(0, lines.find('\n'));
      lines.remove_prefix(line.size() + 1);
      if (line.starts_with("id: ")) event.id = line.substr(4);
      if (line.starts_with("data: ")) event.data = line.substr(6);
      if (line.starts_with("retry: ")) event.retry = line.substr(7);
    }
    events.push_back(std::move(event));
  }
  return events;
}

// ---- Server and host ----

World::World(std::vector<mcp::Tool> tools) : World(mcp::Offer{.info = {}, .tools = std::move(tools)}) {}

World::World(mcp::Offer offer) : offer_(std::move(offer)) {
  offer_.info = {.name = "test-server",
                 .title = "Test Server",
                 .version = "1.2.3",
                 .instructions = "Be nice.",
                 .website = offer_.info.website,
                 .icons = offer_.info.icons};
  server = std::make_unique<mcp::Server>(offer_);
  alice.grant_id = "grant-a";
  alice.subject = "user_alice";
  alice.email = "alice@example.com";
  alice.name = "Alice";
  alice.client_id = "client-1";
  alice.client_name = "Client One";
  alice.handle = "alice's handle";
  bob = alice;
  bob.grant_id = "grant-b";
  bob.name = "Bob";
  bob.handle = "bob's handle";
  gate.callers = {{alice.handle, alice}, {bob.handle, bob}};
  config.demo_mode = core::Switch::on;
  perform = [this](const core::Effect& effect) {
    const core::Sleep* sleep = std::get_if<core::Sleep>(&effect);
    if (!sleep) return failed("no such effect here");
    now = now + sleep->duration;
    return succeeded();
  };
  mcp::migrate(storage, 0);
}

core::Context World::step() {
  const std::string seed = crypto.sha256("step " + std::to_string(steps_++));
  entropies_.push_back(std::make_unique<core::Entropy>(crypto, seed));
  return core::Context{now, *entropies_.back(), crypto, &storage};
}

core::Outcome World::run(const std::function<core::Outcome(core::Context&)>& work) {
  core::Context context = step();
  storage.begin();
  core::Outcome outcome = work(context);
  storage.commit();
  observe(core::encode_output(outcome, context));
  alarm = context.alarm;
  if (alarm && (!next_alarm || *alarm < *next_alarm)) next_alarm = alarm;
  for (core::Await& flow : context.background) flows.push_back(std::move(flow));
  for (std::string& line : context.log) log.push_back(std::move(line));
  for (const core::StreamWrite& write : context.writes) {
    Held& held = streams[write.stream_id];
    if (!held.open) continue;
    held.text += write.text;
    if (write.then == core::StreamWrite::Then::close) hang_up(write.stream_id);
  }
  return outcome;
}

void World::in_step(const std::function<void(core::Context&)>& work) {
  run([&](core::Context& context) {
    work(context);
    return core::Reply{};
  });
}

core::Outcome World::resume(const core::Await& await) {
  std::vector<core::EffectResult> results;
  for (const core::Effect& effect : await.effects) {
    ++performed;
    results.push_back(perform(effect));
  }
  return run([&](core::Context& context) {
    return server->resume(await.continuation, results, config, gate, context);
  });
}

Reply World::send(const core::Request& request, const mcp::Caller& caller) {
  core::Outcome outcome =
      run([&](core::Context& context) { return server->handle(request, caller, config, gate, context); });
  while (core::Await* await = std::get_if<core::Await>(&outcome)) {
    const core::Await effects = std::move(*await);
    outcome = resume(effects);
  }
  return reply_of(std::move(outcome));
}

Reply World::reply_of(core::Outcome outcome) {
  Reply reply;
  if (const core::RespondStream* stream = std::get_if<core::RespondStream>(&outcome)) {
    reply.status = stream->head.status;
    reply.headers = stream->head.headers;
    reply.form = Reply::Form::open_stream;
    reply.stream = stream->stream_id;
    if (link_streams) REQUIRE(link(reply.stream));
    return reply;
  }
  REQUIRE(std::holds_alternative<core::Respond>(outcome));
  core::Response& response = std::get<core::Respond>(outcome).response;
  reply.status = response.status;
  reply.headers = response.headers;
  reply.text = std::move(response.body);
  if (reply.header("Content-Type") == "text/event-stream") {
    reply.form = Reply::Form::event_stream;
    for (const Event& event : parse_events(reply.text)) reply.messages.push_back(event.message());
    reply.body = reply.messages.back();
  } else if (!reply.text.empty()) {
    reply.form = Reply::Form::one_json;
    reply.body = json::parse(reply.text);
  }
  return reply;
}

void World::go_on() {
  for (int turns = 0; !flows.empty(); ++turns) {
    REQUIRE(turns < 1000);
    const core::Await flow = flows.front();
    flows.erase(flows.begin());
    core::Outcome outcome = resume(flow);
    if (core::Await* await = std::get_if<core::Await>(&outcome)) flows.push_back(std::move(*await));
  }
}

void World::lose_flow() {
  REQUIRE_FALSE(flows.empty());
  const core::Await flow = flows.front();
  flows.erase(flows.begin());
  in_step([&](core::Context& context) { server->lost(flow.continuation, context); });
}

bool World::link(const std::string& stream) {
  bool known = false;
  streams[stream].open = true;
  ++streams[stream].linked;
  in_step([&](core::Context& context) { known = server->stream_opened(stream, context); });
  if (!known) streams[stream].open = false;
  return known;
}

void World::hang_up(const std::string& stream) {
  streams[stream].open = false;
  in_step([&](core::Context& context) { server->stream_closed(stream, context); });
}

std::vector<json> World::messages(const std::string& stream) {
  std::vector<json> messages;
  for (const Event& event : events(stream)) {
    if (!event.data.empty()) messages.push_back(event.message());
  }
  return messages;
}

std::vector<json> World::news(const std::string& stream) {
  std::vector<json> all = messages(stream);
  size_t& seen = seen_[stream];
  std::vector<json> fresh(all.begin() + static_cast<std::ptrdiff_t>(seen), all.end());
  seen = all.size();
  return fresh;
}

void World::pass(core::Duration time) {
  const core::Instant until = now + time;
  for (int turns = 0; next_alarm && *next_alarm <= until; ++turns) {
    REQUIRE(turns < 1000);
    now = std::max(now, *next_alarm);
    next_alarm.reset();
    in_step([&](core::Context& context) { server->alarm(config, gate, context); });
  }
  now = until;
}

void World::evict(const std::set<std::string>& lost_links) {
  flows.clear();
  next_alarm.reset();
  server = std::make_unique<mcp::Server>(offer_);
  std::vector<std::string> open;
  for (auto& [id, held] : streams) {
    if (lost_links.contains(id)) held.open = false;
    if (held.open) open.push_back(id);
  }
  in_step([&](core::Context& context) { server->wake(open, context); });
}

std::string World::left_over() {
  std::string left;
  const std::string filled = storage.filled_tables();
  for (std::string_view table : core::split(filled, ',')) {
    table = core::trim(table);
    if (table.starts_with("session_keys ") || table.starts_with("sessions ")) continue;
    left.append(left.empty() ? "" : ", ").append(table);
  }
  return left;
}

void World::end_grant(std::string_view grant_id) {
  std::erase_if(gate.callers, [&](const auto& entry) { return entry.second.grant_id == grant_id; });
  in_step([&](core::Context& context) { mcp::end_grant(context, grant_id); });
}

core::Request make_request(std::string_view method, const HeaderList& headers, std::string_view body) {
  core::Request request;
  request.method = std::string(method);
  request.url = "http://localhost:8787/mcp";
  request.body = std::string(body);
  request.body_state = core::BodyState::complete;
  for (const auto& [name, value] : headers) {
    if (value != kNoHeader) request.headers.add(name, value);
  }
  return request;
}

Reply World::post(std::string_view body, const HeaderList& headers, const mcp::Caller& caller) {
  HeaderList all = headers;
  const auto add_default = [&](std::string_view name, std::string_view value) {
    for (const auto& header : headers) {
      if (core::equal_ignoring_case(header.first, name)) return;
    }
    all.emplace_back(name, value);
  };
  add_default("Content-Type", "application/json");
  add_default("Accept", "application/json, text/event-stream");
  return send(make_request("POST", all, body), caller);
}

std::string request_json(const json& id, std::string_view method, const json& params) {
  json message = {{"jsonrpc", "2.0"}, {"id", id}, {"method", method}};
  if (!params.is_null()) message["params"] = params;
  return message.dump();
}

std::string notification_json(std::string_view method, const json& params) {
  json message = {{"jsonrpc", "2.0"}, {"method", method}};
  if (!params.is_null()) message["params"] = params;
  return message.dump();
}

// ---- Clients ----

LegacyClient::LegacyClient(World& world, std::string revision, mcp::Caller caller, json capabilities)
    : world_(world), revision_(std::move(revision)), caller_(std::move(caller)) {
  const json params = {{"protocolVersion", revision_},
                       {"capabilities", std::move(capabilities)},
                       {"clientInfo", {{"name", "test-client"}, {"version", "0.1"}}}};
  const Reply reply = world_.post(request_json(0, "initialize", params), {}, caller_);
  REQUIRE(reply.status == 200);
  hello = reply.result();
  session_ = reply.header("Mcp-Session-Id");
  REQUIRE(world_.post(notification_json("notifications/initialized"), headers(), caller_).status == 202);
}

HeaderList LegacyClient::headers() const {
  HeaderList list = {{"Mcp-Session-Id", session_}};
  // The header came with 2025-06-18.
  if (revision_ >= "2025-06-18") list.emplace_back("MCP-Protocol-Version", revision_);
  return list;
}

Reply LegacyClient::call(std::string_view method, const json& params) {
  return world_.post(request_json(++last_id_, method, params), headers(), caller_);
}

Reply LegacyClient::call_tool(std::string_view name, const json& arguments) {
  return call("tools/call", {{"name", name}, {"arguments", arguments}});
}

Reply LegacyClient::post(std::string_view body, HeaderList more) {
  const HeaderList own = headers();
  more.insert(more.end(), own.begin(), own.end());
  return world_.post(body, more, caller_);
}

Reply LegacyClient::answer(const json& question, const json& result) {
  return post(json{{"jsonrpc", "2.0"}, {"id", question.at("id")}, {"result", result}}.dump());
}

Reply LegacyClient::answer_error(const json& question) {
  return post(
      json{{"jsonrpc", "2.0"}, {"id", question.at("id")}, {"error", {{"code", -1}, {"message", "cannot"}}}}
          .dump());
}

Reply LegacyClient::get(std::string_view last_event_id) {
  HeaderList list = headers();
  list.emplace_back("Accept", "text/event-stream");
  if (!last_event_id.empty()) list.emplace_back("Last-Event-ID", last_event_id);
  return world_.send(make_request("GET", list), caller_);
}

Reply LegacyClient::end() {
  return world_.send(make_request("DELETE", headers()), caller_);
}

json ModernClient::meta() {
  return {{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
          {"io.modelcontextprotocol/clientCapabilities", json::object()},
          {"io.modelcontextprotocol/clientInfo", {{"name", "test-client"}, {"version", "0.1"}}}};
}

HeaderList ModernClient::headers(std::string_view method, std::string_view name) {
  HeaderList list = {{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", std::string(method)}};
  if (!name.empty()) list.emplace_back("Mcp-Name", name);
  return list;
}

Reply ModernClient::call(std::string_view method, json params) {
  params["_meta"] = meta();
  params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capabilities;
  params["_meta"].update(more_meta);
  std::string name;
  for (const char* target : {"name", "uri", "taskId"}) {
    if (params.contains(target) && params[target].is_string()) name = params[target];
  }
  HeaderList list = more_headers;
  for (auto& header : headers(method, name)) list.push_back(std::move(header));
  return world_.post(request_json(++last_id_, method, params), list, caller_ ? *caller_ : world_.alice);
}

Reply ModernClient::call_tool(std::string_view name, const json& arguments) {
  return call("tools/call", {{"name", name}, {"arguments", arguments}});
}

// ---- Code that a test writes ----

std::function<mcp::ToolOutcome(mcp::Call&)> act;
std::function<mcp::PromptOutcome(mcp::Call&)> prompt;
std::function<mcp::ReadOutcome(mcp::Call&)> thing;

mcp::Offer scripted_offer(mcp::TaskSupport tasks) {
  constexpr std::string_view kScope = "test:all";
  mcp::Offer offer;
  for (std::string_view name : {"act", "other"}) {
    offer.tools.push_back({.name = name,
                           .title = "Act",
                           .description = "Does what the test says.",
                           .scope = kScope,
                           .input_schema = R"({"type":"object"})",
                           .tasks = tasks,
                           .run = [](mcp::Call& call) { return act(call); }});
  }
  offer.prompts = {{.name = "prompt",
                    .title = "Prompt",
                    .description = "Says what the test says.",
                    .scope = kScope,
                    .get = [](mcp::Call& call) { return prompt(call); }}};
  offer.resources = {{.uri = "test://thing",
                      .name = "thing",
                      .title = "Thing",
                      .description = "Holds what the test says.",
                      .mime_type = "text/plain",
                      .scope = kScope,
                      .read = [](mcp::Call& call) { return thing(call); }}};
  offer.templates = {{.uri_template = "test://things/{id}",
                      .name = "things",
                      .title = "Things",
                      .description = "One of many.",
                      .mime_type = "text/plain",
                      .scope = kScope,
                      .read = [](mcp::Call& call, const mcp::Variables&) { return thing(call); }}};
  return offer;
}

}  // namespace testing
