#include "mcp/call.h"

#include <algorithm>
#include <array>

#include "schema/schema.h"

namespace mcp {

namespace {

constexpr std::array<std::string_view, 8> kLogLevels = {"debug", "info",     "notice", "warning",
                                                        "error", "critical", "alert",  "emergency"};

/// The longest that one core::Sleep lasts; a call that sleeps longer goes on from there.
constexpr core::Duration kLongestNap = core::minutes(1);

ClientFeature needed(const InputRequest& request) {
  return std::visit(core::Overloaded{
                        [](const FormElicitation&) { return ClientFeature::form_elicitation; },
                        [](const UrlElicitation&) { return ClientFeature::url_elicitation; },
                        [](const Sampling&) { return ClientFeature::sampling; },
                        [](const ListRoots&) { return ClientFeature::roots; },
                    },
                    request);
}

/// A form that the human filled in against the schema that was asked for (client/elicitation, "Schema
/// Validation"). Nothing follows a schema that cannot be used.
bool follows(core::JsonView content, const std::string& schema_text) {
  core::JsonGate gate;
  const core::JsonResult schema = gate.parse(schema_text);
  if (!schema.ok()) return false;
  const auto compiled = schema::Schema::compile(schema.root, schema::Documents());
  const schema::Schema* usable = std::get_if<schema::Schema>(&compiled);
  return usable && usable->validate(content, {schema::Options::Formats::assert}).empty();
}

/// Nothing where the answer is none to this question.
std::optional<Answer> read_answer(core::JsonView result, const InputRequest& request) {
  if (!result.is_object()) return std::nullopt;
  const bool elicitation =
      std::holds_alternative<FormElicitation>(request) || std::holds_alternative<UrlElicitation>(request);
  if (!elicitation) return Answer{Answer::Action::accepted, result};

  const std::optional<std::string_view> action = core::string_member(result, "action");
  if (action == "decline") return Answer{Answer::Action::declined, {}};
  if (action == "cancel") return Answer{Answer::Action::cancelled, {}};
  if (action != "accept") return std::nullopt;
  const std::optional<core::JsonView> content = core::member(result, "content");
  if (const FormElicitation* form = std::get_if<FormElicitation>(&request)) {
    if (!content || !content->is_object() || !follows(*content, form->schema)) return std::nullopt;
  }
  return Answer{Answer::Action::accepted, content};
}

template <typename Map, typename WriteValue>
void write_map(core::WireWriter& writer, const Map& map, WriteValue write_value) {
  writer.u32(static_cast<uint32_t>(map.size()));
  for (const auto& [key, value] : map) {
    writer.bytes(key);
    write_value(value);
  }
}

template <typename Map, typename ReadValue>
void read_map(core::WireReader& reader, Map& map, ReadValue read_value) {
  const uint32_t count = reader.u32();
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    std::string key = reader.string();
    map.insert_or_assign(std::move(key), read_value());
  }
}

}  // namespace

ClientFeatures ClientFeatures::of(std::optional<core::JsonView> capabilities) {
  if (!capabilities) return ClientFeatures(0);
  int64_t bits = 0;
  const auto add = [&](ClientFeature feature) { bits |= int64_t{1} << static_cast<int>(feature); };
  if (const std::optional<core::JsonView> elicitation = core::member(*capabilities, "elicitation")) {
    const bool url = core::member(*elicitation, "url").has_value();
    if (core::member(*elicitation, "form") || !url) add(ClientFeature::form_elicitation);
    if (url) add(ClientFeature::url_elicitation);
  }
  if (core::member(*capabilities, "sampling")) add(ClientFeature::sampling);
  if (core::member(*capabilities, "roots")) add(ClientFeature::roots);
  if (const std::optional<core::JsonView> extensions = core::member(*capabilities, "extensions")) {
    if (core::member(*extensions, "io.modelcontextprotocol/tasks")) add(ClientFeature::tasks);
  }
  return ClientFeatures(bits);
}

std::optional<LogLevel> log_level(std::string_view name) {
  const auto found = std::find(kLogLevels.begin(), kLogLevels.end(), name);
  if (found == kLogLevels.end()) return std::nullopt;
  return static_cast<LogLevel>(found - kLogLevels.begin());
}

std::string_view name(LogLevel level) {
  return kLogLevels[static_cast<size_t>(level)];
}

// ---- The record ----

std::string CallRecord::encode() const {
  core::WireWriter writer;
  writer.bytes(method);
  writer.bytes(params);
  writer.bytes(request_id.json);
  writer.u8(static_cast<uint8_t>(revision));
  writer.i64(features.bits());
  writer.u8(log_level ? static_cast<uint8_t>(*log_level) : 255);
  writer.bytes(progress_token);
  writer.bytes(caller_handle);
  writer.bytes(session_id);
  write_map(writer, answers, [&](const std::string& json) { writer.bytes(json); });
  write_map(writer, effects, [&](const core::EffectResult& result) {
    writer.u8(result.ok() ? 1 : 0);
    writer.u32(result.code);
    writer.bytes(result.bytes);
  });
  write_map(writer, sleeps, [&](core::Instant until) { writer.i64(until.milliseconds); });
  writer.u32(told);
  writer.u32(rounds);
  writer.u32(static_cast<uint32_t>(pending.size()));
  for (const std::string& key : pending) writer.bytes(key);
  writer.bytes(task_id);
  writer.bytes(stream_id);
  writer.bytes(id);
  writer.bytes(ticket);
  return writer.take();
}

std::optional<CallRecord> CallRecord::decode(std::string_view bytes) {
  core::WireReader reader(bytes);
  CallRecord record;
  record.method = reader.string();
  record.params = reader.string();
  record.request_id.json = reader.string();
  record.revision = static_cast<Revision>(std::min<uint8_t>(reader.u8(), static_cast<uint8_t>(kModern)));
  record.features = ClientFeatures::from_bits(reader.i64());
  const uint8_t level = reader.u8();
  if (level < kLogLevels.size()) record.log_level = static_cast<LogLevel>(level);
  record.progress_token = reader.string();
  record.caller_handle = reader.string();
  record.session_id = reader.string();
  read_map(reader, record.answers, [&] { return reader.string(); });
  read_map(reader, record.effects, [&] {
    core::EffectResult result;
    if (reader.u8() == 1) result.status = core::EffectResult::Status::succeeded;
    result.code = reader.u32();
    result.bytes = reader.string();
    return result;
  });
  read_map(reader, record.sleeps, [&] { return core::Instant{reader.i64()}; });
  record.told = reader.u32();
  record.rounds = reader.u32();
  const uint32_t open_questions = reader.u32();
  for (uint32_t i = 0; i < open_questions && reader.ok(); ++i) record.pending.push_back(reader.string());
  record.task_id = reader.string();
  record.stream_id = reader.string();
  record.id = reader.string();
  record.ticket = reader.string();
  if (!reader.finished()) return std::nullopt;
  return record;
}

std::optional<CallRecord> CallRecord::from_text(std::string_view text) {
  const std::optional<std::string> bytes = core::base64url_decode(text);
  return bytes ? decode(*bytes) : std::nullopt;
}

// ---- The call ----

Call::Call(CallRecord& record, core::JsonView given, TaskSupport tasks, const Caller& who,
           const core::Config& settings, core::Context& context, Account& account)
    : arguments(given),
      caller(who),
      config(settings),
      step(context),
      record_(record),
      account_(account),
      task_support_(tasks) {}

const Answer* Call::ask(std::string_view key, InputRequest request) {
  if (const auto found = given_.find(key); found != given_.end()) return &found->second;
  if (const auto text = record_.answers.find(key); text != record_.answers.end()) {
    answer_gates_.push_back(std::make_unique<core::JsonGate>());
    const core::JsonResult result = answer_gates_.back()->parse(text->second);
    std::optional<Answer> answer = text->second == kFailedAnswer
                                       ? Answer{Answer::Action::failed, {}}
                                       : (result.ok() ? read_answer(result.root, request) : std::nullopt);
    if (answer) return &given_.emplace(key, *answer).first->second;
    // What is no answer is asked again.
    record_.answers.erase(text);
  }
  if (!client_can(needed(request))) missing_ = needed(request);
  questions_.push_back({std::string(key), std::move(request)});
  return nullptr;
}

const core::EffectResult* Call::perform(std::string_view key, core::Effect effect) {
  if (const auto found = record_.effects.find(key); found != record_.effects.end()) return &found->second;
  deeds_.push_back({std::string(key), std::move(effect)});
  return nullptr;
}

const core::EffectResult* Call::result_of(std::string_view key) const {
  const auto found = record_.effects.find(key);
  return found == record_.effects.end() ? nullptr : &found->second;
}

void Call::forget(std::string_view key) {
  const auto found = record_.effects.find(key);
  if (found != record_.effects.end()) record_.effects.erase(found);
}

std::string Call::once(std::string_view key) {
  const auto [found, added] = record_.effects.try_emplace(std::string(key));
  if (added) found->second.bytes = step.entropy.identifier();
  return found->second.bytes;
}

bool Call::sleep(std::string_view key, core::Duration duration) {
  const core::Instant until = record_.sleeps.try_emplace(std::string(key), step.now + duration).first->second;
  if (step.now >= until) return true;
  deeds_.push_back({std::string(key), core::Sleep{std::min(until - step.now, kLongestNap)}});
  return false;
}

bool Call::as_task() {
  if (!record_.task_id.empty() || !client_can(ClientFeature::tasks)) return true;
  if (task_support_ == TaskSupport::none) return true;
  wants_task_ = true;
  return false;
}

void Call::tell(Told told) {
  if (telling_++ < record_.told) return;
  told_.push_back(std::move(told));
}

std::optional<Obstacle> Call::charge(const Charge& charge) {
  const Charged charged = account_.charge(charge, step);
  switch (charged.kind) {
    case Charged::Kind::allowed: return std::nullopt;
    case Charged::Kind::refused: return Refused{charged.message};
    case Charged::Kind::to_be_asked: return ask_approval(charged.page);
  }
  return Refused{charged.message};
}

Obstacle Call::ask_approval(const UrlElicitation& page) {
  // Before 2026-07-28 the call ends here and is repeated when the human has decided.
  if (record_.revision < kModern || !client_can(ClientFeature::url_elicitation)) return UrlRequired{{page}};
  const std::string where = page.message + " They decide at " + page.url + '.';
  const Answer* opened = ask("authority.approval", page);
  if (!opened) return Waiting{};
  if (opened->action != Answer::Action::accepted) {
    return Refused{where + " They did not open that page, so nothing was done."};
  }
  // The human is at the page now: most decide while the call waits.
  for (int look = 1; look <= kApprovalLooks; ++look) {
    if (!sleep("authority.approval." + std::to_string(look), kApprovalPause)) return Waiting{};
  }
  return Refused{where + " They have not decided yet; repeat the same call when they have."};
}

void Call::progress(double progress, std::optional<double> total, std::string_view message) {
  std::string json;
  if (!record_.progress_token.empty()) {
    core::Json params;
    params["progress"] = progress;
    if (total) params["total"] = *total;
    if (!message.empty() && record_.revision >= Revision::v2025_03_26) params["message"] = message;
    json = R"({"progressToken":)" + record_.progress_token + ',' + core::json_text(params).substr(1);
    json = notification_text("notifications/progress", json);
  }
  tell({std::move(json), {}, std::string(message)});
}

void Call::log(LogLevel level, std::string_view logger, const core::Json& data) {
  std::string json;
  if (record_.log_level && level >= *record_.log_level) {
    core::Json params{{"level", name(level)}};
    if (!logger.empty()) params["logger"] = logger;
    params["data"] = data;
    json = notification_text("notifications/message", core::json_text(params));
  }
  tell({std::move(json), {}, {}});
}

void Call::disconnect(core::Duration retry) {
  tell({{}, record_.revision == Revision::v2025_11_25 ? retry : core::Duration{}, {}});
}

}  // namespace mcp
