#include "mcp/subscriptions.h"

#include "mcp/streams.h"

namespace mcp {

namespace {

constexpr std::string_view kMetaSubscriptionId = "io.modelcontextprotocol/subscriptionId";

struct ListTopic {
  List list;
  std::string_view member;  // of the filter
  std::string_view method;  // of the notification
};
constexpr ListTopic kListTopics[] = {
    {List::tools, "toolsListChanged", "notifications/tools/list_changed"},
    {List::prompts, "promptsListChanged", "notifications/prompts/list_changed"},
    {List::resources, "resourcesListChanged", "notifications/resources/list_changed"}};

std::string resource_topic(std::string_view uri) {
  return "uri:" + std::string(uri);
}
std::string task_topic(std::string_view task_id) {
  return "task:" + std::string(task_id);
}

void hold(core::Context& step, std::string_view holder, std::string_view topic) {
  step.storage->query("INSERT INTO subscriptions (topic, holder) VALUES (?, ?) ON CONFLICT DO NOTHING",
                      {topic, holder});
}

/// The message with the subscription that it belongs to.
std::string labelled(std::string_view method, std::string_view params, std::string_view request_id) {
  std::string json(params.substr(0, params.size() - 1));
  if (json.size() > 1) json += ',';
  json += R"("_meta":{)" + core::json_quote(kMetaSubscriptionId) + ':' + std::string(request_id) + "}}";
  return notification_text(method, json);
}

/// To all listening streams and legacy sessions that hold the topic.
void publish(core::Context& step, std::string_view topic, std::string_view method, std::string_view params) {
  // Mostly nobody does, and this is asked on every change.
  if (step.storage->look_up("SELECT max(topic) FROM subscriptions")->is_null(0, 0)) return;
  const core::Rows holders = step.storage->query(
      "SELECT s.id, s.request_id FROM subscriptions u JOIN streams s ON s.id = u.holder WHERE u.topic = ?",
      {topic});
  for (size_t i = 0; i < holders.size(); ++i) {
    send(step, holders.text(i, 0), labelled(method, params, holders.text(i, 1)));
  }
  const core::Rows sessions = step.storage->query(
      "SELECT s.id FROM subscriptions u JOIN streams s ON s.session_id = u.holder AND s.kind = ?"
      " WHERE u.topic = ?",
      {static_cast<int64_t>(StreamKind::standing), topic});
  for (size_t i = 0; i < sessions.size(); ++i)
    send(step, sessions.text(i, 0), notification_text(method, params));
}

/// What reading that URI would use; nothing where there is no such resource.
std::optional<Use> use_of(const Exchange& exchange, std::string_view uri) {
  if (const Resource* resource = exchange.catalogue.find_resource(uri, exchange.config)) {
    return Use{resource->uri, resource->scope, resource->availability};
  }
  if (const auto templated = exchange.catalogue.find_template(uri, exchange.config)) {
    return Use{templated->entry->uri_template, templated->entry->scope, templated->entry->availability};
  }
  return std::nullopt;
}

/// Who can never read a resource does not hear of it either; nothing where they may follow it. What is
/// refused for now, as in a pause, may be followed: it does not change meanwhile, and the pause ends without
/// a word.
std::optional<Answered> out_of_reach(const Exchange& exchange, const Use& use) {
  const Permission permission = exchange.gate.permit(use, exchange.caller, exchange.step);
  if (permission.kind == Permission::Kind::scope_missing) {
    return ScopeMissing{permission.challenge, permission.message};
  }
  if (exchange.gate.shows(use, exchange.caller)) return std::nullopt;
  return Error{ErrorCode::forbidden, permission.message, {}};
}

std::variant<std::string, Error> subscribed_uri(const Exchange& exchange, const Message& message) {
  const std::optional<core::JsonView> uri_member = parameter(message, "uri");
  std::string_view uri;
  if (!uri_member || uri_member->get_string().get(uri) != simdjson::SUCCESS || uri.size() > kMaxTopicBytes) {
    return invalid_params("uri must be the URI of a resource");
  }
  if (!use_of(exchange, uri)) {
    return Error{ErrorCode::resource_not_found, "Resource not found: " + std::string(uri) + ".",
                 R"({"uri":)" + core::json_quote(uri) + '}'};
  }
  return std::string(uri);
}

}  // namespace

void create_subscriptions_schema(core::Storage& storage) {
  storage.query(
      "CREATE TABLE subscriptions ("
      " topic TEXT NOT NULL,"
      " holder TEXT NOT NULL,"  // a legacy session or a listening stream
      " PRIMARY KEY (topic, holder)"
      ") WITHOUT ROWID");
  storage.query("CREATE INDEX subscriptions_by_holder ON subscriptions (holder)");
  storage.query("CREATE INDEX streams_by_session ON streams (session_id, kind)");
  storage.query(
      "CREATE TABLE elicitations ("
      " id TEXT PRIMARY KEY,"
      " session_id TEXT NOT NULL,"
      " created_at INTEGER NOT NULL"
      ") WITHOUT ROWID");
}

std::variant<std::string, Error> listen(const Exchange& exchange, const Message& message) {
  const std::optional<core::JsonView> filter = parameter(message, "notifications");
  if (!filter || !filter->is_object()) return invalid_params("notifications must be an object");
  const std::vector<std::string> uris = core::string_list(core::member(*filter, "resourceSubscriptions"));
  std::vector<std::string> tasks = core::string_list(core::member(*filter, "taskIds"));
  if (static_cast<int64_t>(uris.size() + tasks.size()) > kMaxTopics) {
    return invalid_params("a stream can follow " + std::to_string(kMaxTopics) + " resources and tasks");
  }
  core::Context& step = exchange.step;
  const std::string id =
      open_stream(step, StreamKind::listen, {exchange.caller.grant_id, {}, kModern}, message.id->json);

  // What is honoured is said; what is not there cannot be followed.
  std::string honoured;
  const auto add = [&](const std::string& member) { honoured += (honoured.empty() ? "" : ",") + member; };
  for (const ListTopic& topic : kListTopics) {
    if (core::boolean_member(*filter, topic.member) != true) continue;
    hold(step, id, topic.member);
    add(core::json_quote(topic.member) + ":true");
  }
  core::Json followed = core::Json::array();
  for (const std::string& uri : uris) {
    const std::optional<Use> use = use_of(exchange, uri);
    if (!use || uri.size() > kMaxTopicBytes || out_of_reach(exchange, *use)) continue;
    hold(step, id, resource_topic(uri));
    followed.push_back(uri);
  }
  if (!followed.empty()) add(R"("resourceSubscriptions":)" + core::json_text(followed));
  followed = core::Json::array();
  for (const std::string& task : tasks) {
    const core::Rows rows =
        step.storage->query("SELECT 1 FROM tasks WHERE id = ? AND grant_id = ?",
                            {std::string_view(task), std::string_view(exchange.caller.grant_id)});
    if (rows.empty()) continue;
    hold(step, id, task_topic(task));
    followed.push_back(task);
  }
  if (!followed.empty()) add(R"("taskIds":)" + core::json_text(followed));
  send(step, id,
       labelled("notifications/subscriptions/acknowledged", R"({"notifications":{)" + honoured + "}}",
                message.id->json));
  return id;
}

Answered subscribe(const Exchange& exchange, const Session& session, const Message& message) {
  const std::variant<std::string, Error> uri = subscribed_uri(exchange, message);
  if (const Error* error = std::get_if<Error>(&uri)) return *error;
  const std::optional<Use> use = use_of(exchange, std::get<std::string>(uri));
  if (std::optional<Answered> refusal = out_of_reach(exchange, *use)) return *std::move(refusal);
  const core::Rows held = exchange.storage().query("SELECT count(*) FROM subscriptions WHERE holder = ?",
                                                   {std::string_view(session.id)});
  if (held.integer(0, 0) >= kMaxTopics) {
    return invalid_params("a session can follow " + std::to_string(kMaxTopics) + " resources");
  }
  keep_session(exchange.step, exchange.caller.grant_id, session);
  hold(exchange.step, session.id, resource_topic(std::get<std::string>(uri)));
  return Members{};
}

Answered unsubscribe(const Exchange& exchange, std::string_view session_id, const Message& message) {
  const std::variant<std::string, Error> uri = subscribed_uri(exchange, message);
  if (const Error* error = std::get_if<Error>(&uri)) return *error;
  exchange.storage().query("DELETE FROM subscriptions WHERE topic = ? AND holder = ?",
                           {std::string_view(resource_topic(std::get<std::string>(uri))), session_id});
  return Members{};
}

void notify_task(core::Context& step, std::string_view task_id, std::string_view params) {
  publish(step, task_topic(task_id), "notifications/tasks", params);
}

void notify_resource_updated(core::Context& step, std::string_view uri) {
  publish(step, resource_topic(uri), "notifications/resources/updated",
          R"({"uri":)" + core::json_quote(uri) + '}');
}

void notify_list_changed(core::Context& step, List list) {
  for (const ListTopic& topic : kListTopics) {
    if (topic.list != list) continue;
    publish(step, topic.member, topic.method, "{}");
    // Legacy clients hear of lists without asking.
    const core::Rows standing = step.storage->query("SELECT id FROM streams WHERE kind = ?",
                                                    {static_cast<int64_t>(StreamKind::standing)});
    for (size_t i = 0; i < standing.size(); ++i) {
      send(step, standing.text(i, 0), R"({"jsonrpc":"2.0","method":)" + core::json_quote(topic.method) + '}');
    }
  }
}

void remember_elicitation(core::Context& step, std::string_view elicitation_id, std::string_view session_id) {
  constexpr core::Duration kLifetime = core::hours(1);
  step.storage->query("DELETE FROM elicitations WHERE created_at < ?", {(step.now - kLifetime).milliseconds});
  step.storage->query(
      "INSERT INTO elicitations (id, session_id, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
      {elicitation_id, session_id, step.now.milliseconds});
}

void notify_elicitation_complete(core::Context& step, std::string_view elicitation_id) {
  const core::Rows rows = step.storage->query(
      "SELECT s.id FROM elicitations e JOIN streams s ON s.session_id = e.session_id WHERE e.id = ?"
      " AND s.ended = 0 ORDER BY s.kind LIMIT 1",
      {elicitation_id});
  if (!rows.empty()) {
    send(step, rows.text(0, 0),
         notification_text("notifications/elicitation/complete",
                           R"({"elicitationId":)" + core::json_quote(elicitation_id) + '}'));
  }
  step.storage->query("DELETE FROM elicitations WHERE id = ?", {elicitation_id});
}

}  // namespace mcp
