#include "core/config.h"

#include <charconv>

#include "core/json.h"

namespace core {

namespace {

constexpr size_t kMinSecretLength = 32;
constexpr int64_t kCallsPerMinute = 1200;
constexpr size_t kMaxDigits = 9;

std::string without_trailing_slash(std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  return std::string(url);
}

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && number >= 0 && text.size() <= kMaxDigits ? std::optional(number) : std::nullopt;
}

}  // namespace

Config read_config(std::string_view json) {
  JsonGate gate;
  const JsonResult parsed = gate.parse(json);
  const auto variable = [&](std::string_view name) {
    return parsed.ok() ? std::string(string_member(parsed.root, name).value_or("")) : std::string();
  };

  Config config;
  config.public_url = without_trailing_slash(variable("PUBLIC_URL"));
  config.authority_secret = variable("AUTHORITY_SECRET");
  config.authority_secret_previous = variable("AUTHORITY_SECRET_PREVIOUS");
  const std::string origins = variable("ALLOWED_ORIGINS");
  for (std::string_view origin : split(origins, ',')) {
    config.allowed_origins.push_back(without_trailing_slash(origin));
  }
  const std::string demo = lower(variable("DEMO_MODE"));
  config.demo_mode = demo == "true" || demo == "1" || demo == "on" ? Switch::on : Switch::off;
  const std::string calls = variable("CALLS_PER_MINUTE");
  const std::optional<int64_t> calls_per_minute = calls.empty() ? kCallsPerMinute : whole_number(calls);
  config.calls_per_minute = calls_per_minute.value_or(kCallsPerMinute);
  const std::string lines = lower(variable("LOG_REQUESTS"));
  using Lines = Reporting::Lines;
  config.reporting.lines = lines == "off" ? Lines::none : lines == "errors" ? Lines::errors : Lines::all;
  // The host says so where such a binding is there.
  if (!variable("ANALYTICS").empty()) config.reporting.counts = Reporting::Counts::yes;
  config.workos_client_id = variable("WORKOS_CLIENT_ID");
  config.workos_api_key = variable("WORKOS_API_KEY");
  config.workos_api_url = without_trailing_slash(variable("WORKOS_API_URL"));
  if (config.workos_api_url.empty()) config.workos_api_url = "https://api.workos.com";
  config.wasm_sha256 = variable("WASM_SHA256");
  config.workos_webhook_secret = variable("WORKOS_WEBHOOK_SECRET");
  std::string authkit = without_trailing_slash(variable("WORKOS_AUTHKIT_DOMAIN"));
  if (!authkit.empty() && !authkit.starts_with("https://")) authkit.insert(0, "https://");
  const std::string issuers = variable("WORKOS_ISSUER");
  for (std::string_view issuer : split(issuers, ',')) config.workos_issuers.emplace_back(issuer);
  if (config.workos_issuers.empty()) {
    // The issuers that AuthKit is documented to use: the API itself, and the environment's own.
    config.workos_issuers = {"https://api.workos.com",
                             "https://api.workos.com/user_management/" + config.workos_client_id};
    if (!authkit.empty()) config.workos_issuers.push_back(authkit);
  }

  config.workos_organization_id = variable("WORKOS_ORGANIZATION_ID");
  config.notify_url = variable("NOTIFY_URL");

  config.issuer = variable("ISSUER");
  if (config.issuer.empty()) config.issuer = variable("PING_FEDERATE_ISSUER");
  if (config.issuer.empty()) config.issuer = authkit;
  config.mcp_server_identifier = without_trailing_slash(variable("MCP_SERVER_IDENTIFIER"));
  if (config.mcp_server_identifier.empty()) {
    config.mcp_server_identifier = without_trailing_slash(variable("MCP_SERVER_URL"));
  }
  config.mcp_server_client_id = variable("MCP_SERVER_CLIENT_ID");
  config.mcp_server_client_secret = variable("MCP_SERVER_CLIENT_SECRET");
  config.token_type = variable("TOKEN_TYPE");
  config.api_url = without_trailing_slash(variable("API_URL"));
  config.default_bounds = variable("DEFAULT_BOUNDS");

  config.api_issuer = variable("API_ISSUER");
  config.api_audience = variable("API_AUDIENCE");
  config.api_jwks_uri = variable("API_JWKS_URI");
  config.api_token_type = variable("API_TOKEN_TYPE");

  const auto problem = [&](std::string_view name, std::string_view advice) {
    config.problems.push_back({std::string(name), std::string(advice)});
  };
  if (!config.public_url.empty()) {
    const std::optional<Url> url = parse_url(config.public_url);
    if (!url || url->origin != config.public_url) {
      problem("PUBLIC_URL",
              "must be scheme and host alone, such as https://mcp-shop.example.workers.dev: set it under "
              "[vars] in "
              "wrangler.toml (`pnpm deploy` does)");
    } else {
      config.public_host = url->host;
      if (url->origin.starts_with("http://") && !is_loopback_host(url->host)) {
        problem("PUBLIC_URL",
                "must begin with https:// (http:// is for localhost alone): set it under [vars] in "
                "wrangler.toml");
      }
    }
  }
  if (config.authority_secret.size() < kMinSecretLength) {
    problem("AUTHORITY_SECRET",
            "needs at least 32 random characters: `wrangler secret put AUTHORITY_SECRET` (`pnpm deploy` "
            "does), or in "
            ".dev.vars for development (`pnpm dev` does)");
  }
  if (!calls_per_minute) {
    problem("CALLS_PER_MINUTE",
            "must be a whole number, of at most nine digits; 0 is no limit: set it under [vars] in "
            "wrangler.toml");
  }
  if (!config.notify_url.empty()) {
    const std::optional<Url> url = parse_url(config.notify_url);
    if (!url || (url->origin.starts_with("http://") && !is_loopback_host(url->host))) {
      problem(
          "NOTIFY_URL",
          "must be an address that begins with https:// (http:// is for localhost alone): `wrangler secret "
          "put NOTIFY_URL`, or in .dev.vars; without it nobody is notified");
    }
  }
  return config;
}

}  // namespace core
