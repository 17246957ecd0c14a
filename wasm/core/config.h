// The deployment's settings: the Worker's variables and secrets, read once per instance.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/http.h"
#include "core/report.h"

namespace core {

enum class Switch { off, on };

struct Config {
  /// Scheme and host that the deployment is reached at, without a path. Empty in development: then any
  /// loopback origin is taken.
  std::string public_url;
  /// At least 32 characters; a key per purpose is derived from it.
  std::string authority_secret;
  /// Still accepted, never used for anything new. May be empty.
  std::string authority_secret_previous;
  /// Browsers' origins that may call this server besides its own (`https://host[:port]`).
  std::vector<std::string> allowed_origins;
  Switch demo_mode = Switch::off;
  /// What one deputy may call in a minute before it is told to wait; 0 is no limit.
  int64_t calls_per_minute = 0;
  /// SHA-256 of the module that runs, in hexadecimal: the host knows it, the module does not. May be empty.
  std::string wasm_sha256;
  Reporting reporting = {};

  std::string workos_client_id;
  std::string workos_api_key;
  /// https://api.workos.com unless set (a stand-in in development).
  std::string workos_api_url;
  /// Issuers that an AuthKit access token may name.
  std::vector<std::string> workos_issuers;
  /// Signs WorkOS's webhooks. Empty: there is no endpoint for them.
  std::string workos_webhook_secret;
  /// Whose audit log at WorkOS gets a copy of each entry of the trail. Empty: nobody's.
  std::string workos_organization_id;
  /// Is told by POST that a human is asked. May be empty; may have a secret in it.
  std::string notify_url;

  /// Of a resource server: who issues the access tokens (`iss`, to the letter), what this server is called in
  /// them (`aud`; empty: the address of the MCP endpoint), and what their header says they are (`typ`; empty:
  /// anything).
  std::string issuer;
  std::string mcp_server_identifier;
  std::string token_type;
  /// Who this server is to the issuer: it exchanges tokens and signs humans in.
  std::string mcp_server_client_id;
  std::string mcp_server_client_secret;
  /// The API that it calls in the human's name, without a slash at the end: its address, and the resource
  /// that exchanged tokens are for.
  std::string api_url;
  /// JSON: the bounds of a deputy that its human has not seen yet. Empty: the application's own.
  std::string default_bounds;

  /// Whose access tokens the Todo API takes (`iss`, to the letter), and what it is called in them (`aud`).
  std::string api_issuer;
  std::string api_audience;
  /// Where that issuer's keys are; empty: where its metadata says.
  std::string api_jwks_uri;
  /// What the header of its access tokens says they are (`typ`, such as at+jwt of RFC 9068). Empty: anything.
  std::string api_token_type;

  /// One setting that is missing or wrong, and what to do about it.
  struct Problem {
    std::string variable;
    std::string advice;
  };
  /// Of the shop, in the order a person would mend them. Empty: the deployment can serve.
  std::vector<Problem> problems;

  /// True while no public URL is set: the deployment serves loopback hosts only.
  bool development() const { return public_url.empty() || is_loopback_host(public_host); }
  std::string public_host;
};

/// `json`: an object of the Worker's variables. Members that are no strings are ignored.
Config read_config(std::string_view json);

}  // namespace core
