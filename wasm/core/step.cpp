#include "core/step.h"

namespace core {

namespace {

constexpr uint8_t kVersion = 1;
/// What comes before and beside the body of an answer, about.
constexpr size_t kBesideBody = 1024;

enum class InputTag : uint8_t {
  edge_request = 1,
  principal_request,
  principal_call,
  vault_call,
  alarm,
  wake,
  fault,
  resume,
  stream_opened,
  stream_closed,
  lost,
};

enum class OutputTag : uint8_t {
  respond = 1,
  reply,
  forward_to_principal,
  forward_to_oauth,
  await,
  respond_stream,
};

enum class EffectTag : uint8_t {
  read_body = 1,
  fetch,
  verify_token,
  call_oauth,
  put_copy,
  call_principal,
  limit_rate,
  sleep,
  get_copy,
  delete_copy,
};

void write(WireWriter& writer, const std::vector<std::string>& texts) {
  writer.u32(static_cast<uint32_t>(texts.size()));
  for (const std::string& text : texts) writer.bytes(text);
}

void write(WireWriter& writer, const Effect& effect) {
  const auto tag = [&](EffectTag value) { writer.u8(static_cast<uint8_t>(value)); };
  std::visit(Overloaded{[&](const ReadBody& e) {
                          tag(EffectTag::read_body);
                          writer.u32(e.limit);
                        },
                        [&](const Fetch& e) {
                          tag(EffectTag::fetch);
                          writer.bytes(e.method);
                          writer.bytes(e.url);
                          write(writer, e.headers);
                          writer.bytes(e.body);
                        },
                        [&](const VerifyToken& e) {
                          tag(EffectTag::verify_token);
                          writer.bytes(e.token);
                          writer.bytes(e.jwks_url);
                          write(writer, e.issuers);
                          writer.bytes(e.audience);
                          writer.u8(e.no_audience == VerifyToken::NoAudience::refused ? 1 : 0);
                          write(writer, e.algorithms);
                          writer.bytes(e.type);
                          writer.u32(static_cast<uint32_t>(e.tolerance.milliseconds / 1000));
                        },
                        [&](const CallOAuth& e) {
                          tag(EffectTag::call_oauth);
                          writer.bytes(e.operation);
                          writer.bytes(e.issuer);
                          writer.bytes(e.arguments);
                        },
                        [&](const PutCopy& e) {
                          tag(EffectTag::put_copy);
                          writer.bytes(e.binding);
                          writer.bytes(e.key);
                          writer.bytes(e.value);
                          writer.u32(e.ttl_seconds);
                        },
                        [&](const CallPrincipal& e) {
                          tag(EffectTag::call_principal);
                          writer.bytes(e.principal);
                          writer.bytes(e.call);
                        },
                        [&](const LimitRate& e) {
                          tag(EffectTag::limit_rate);
                          writer.bytes(e.limiter);
                          writer.bytes(e.key);
                        },
                        [&](const Sleep& e) {
                          tag(EffectTag::sleep);
                          writer.u32(static_cast<uint32_t>(e.duration.milliseconds));
                        },
                        [&](const GetCopy& e) {
                          tag(EffectTag::get_copy);
                          writer.bytes(e.binding);
                          writer.bytes(e.key);
                        },
                        [&](const DeleteCopy& e) {
                          tag(EffectTag::delete_copy);
                          writer.bytes(e.binding);
                          writer.bytes(e.key);
                        }},
             effect);
}

void write(WireWriter& writer, const DataPoint& point) {
  writer.bytes(point.index);
  write(writer, point.texts);
  writer.u32(static_cast<uint32_t>(point.numbers.size()));
  for (double number : point.numbers) writer.f64(number);
}

void write(WireWriter& writer, const Await& await) {
  writer.u32(static_cast<uint32_t>(await.effects.size()));
  for (const Effect& effect : await.effects) write(writer, effect);
  writer.bytes(await.continuation);
}

std::optional<Input> read_input(WireReader& reader) {
  switch (static_cast<InputTag>(reader.u8())) {
    case InputTag::edge_request: {
      EdgeRequest input;
      input.arrived = Instant{reader.whole()};
      input.client_address = reader.string();
      input.request = read_request(reader);
      return input;
    }
    case InputTag::principal_request: {
      PrincipalRequest input;
      input.arrived = Instant{reader.whole()};
      input.request = read_request(reader);
      return input;
    }
    case InputTag::principal_call: return PrincipalCall{reader.string()};
    case InputTag::vault_call: return VaultCall{reader.string()};
    case InputTag::alarm: return Alarm{};
    case InputTag::wake: {
      Wake input;
      const uint32_t count = reader.u32();
      for (uint32_t i = 0; i < count && reader.ok(); ++i) input.open_streams.push_back(reader.string());
      return input;
    }
    case InputTag::stream_opened: return StreamOpened{reader.string()};
    case InputTag::stream_closed: return StreamClosed{reader.string()};
    case InputTag::lost: return Lost{reader.string()};
    case InputTag::fault: {
      Fault input;
      input.reached = reader.u8() == 1 ? Fault::Reached::others : Fault::Reached::us;
      input.continuation = reader.string();
      input.request = read_request(reader);
      return input;
    }
    case InputTag::resume: {
      Resume input;
      input.continuation = reader.string();
      const uint32_t count = reader.u32();
      for (uint32_t i = 0; i < count && reader.ok(); ++i) {
        EffectResult result;
        result.status = reader.u8() == 1 ? EffectResult::Status::succeeded : EffectResult::Status::failed;
        result.code = reader.u32();
        result.bytes = reader.string();
        input.results.push_back(std::move(result));
      }
      return input;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Begun> decode_input(std::string_view bytes) {
  WireReader reader(bytes);
  if (reader.u8() != kVersion) return std::nullopt;
  Begun begun;
  begun.now = Instant{reader.whole()};
  begun.entropy = reader.string();
  std::optional<Input> input = read_input(reader);
  if (!input || !reader.finished() || begun.entropy.size() < Entropy::kSeed) return std::nullopt;
  begun.input = std::move(*input);
  return begun;
}

std::string encode_input(Instant now, std::string_view entropy, const Input& input) {
  WireWriter writer;
  writer.u8(kVersion);
  writer.f64(static_cast<double>(now.milliseconds));
  writer.bytes(entropy);
  const auto tag = [&](InputTag value) { writer.u8(static_cast<uint8_t>(value)); };
  std::visit(Overloaded{[&](const EdgeRequest& i) {
                          tag(InputTag::edge_request);
                          writer.f64(static_cast<double>(i.arrived.milliseconds));
                          writer.bytes(i.client_address);
                          write(writer, i.request);
                        },
                        [&](const PrincipalRequest& i) {
                          tag(InputTag::principal_request);
                          writer.f64(static_cast<double>(i.arrived.milliseconds));
                          write(writer, i.request);
                        },
                        [&](const PrincipalCall& i) {
                          tag(InputTag::principal_call);
                          writer.bytes(i.call);
                        },
                        [&](const VaultCall& i) {
                          tag(InputTag::vault_call);
                          writer.bytes(i.call);
                        },
                        [&](const Alarm&) { tag(InputTag::alarm); },
                        [&](const Wake& i) {
                          tag(InputTag::wake);
                          write(writer, i.open_streams);
                        },
                        [&](const StreamOpened& i) {
                          tag(InputTag::stream_opened);
                          writer.bytes(i.stream_id);
                        },
                        [&](const StreamClosed& i) {
                          tag(InputTag::stream_closed);
                          writer.bytes(i.stream_id);
                        },
                        [&](const Lost& i) {
                          tag(InputTag::lost);
                          writer.bytes(i.continuation);
                        },
                        [&](const Fault& i) {
                          tag(InputTag::fault);
                          writer.u8(i.reached == Fault::Reached::others ? 1 : 0);
                          writer.bytes(i.continuation);
                          write(writer, i.request);
                        },
                        [&](const Resume& i) {
                          tag(InputTag::resume);
                          writer.bytes(i.continuation);
                          writer.u32(static_cast<uint32_t>(i.results.size()));
                          for (const EffectResult& result : i.results) {
                            writer.u8(result.ok() ? 1 : 0);
                            writer.u32(result.code);
                            writer.bytes(result.bytes);
                          }
                        }},
             input);
  return writer.take();
}

std::string encode_output(const Outcome& outcome, const Context& context) {
  WireWriter writer;
  writer.f64(context.alarm ? static_cast<double>(context.alarm->milliseconds) : 0);
  writer.u32(static_cast<uint32_t>(context.writes.size()));
  for (const StreamWrite& stream : context.writes) {
    writer.bytes(stream.stream_id);
    writer.bytes(stream.text);
    writer.u8(stream.then == StreamWrite::Then::close ? 1 : 0);
  }
  writer.u32(static_cast<uint32_t>(context.background.size()));
  for (const Await& await : context.background) write(writer, await);
  writer.u32(static_cast<uint32_t>(context.log.size()));
  for (const std::string& line : context.log) writer.bytes(line);
  writer.u32(static_cast<uint32_t>(context.points.size()));
  for (const DataPoint& point : context.points) write(writer, point);
  const auto tag = [&](OutputTag value) { writer.u8(static_cast<uint8_t>(value)); };
  std::visit(Overloaded{[&](const Respond& o) {
                          writer.reserve(o.response.body.size() + kBesideBody);
                          tag(OutputTag::respond);
                          write(writer, o.response);
                        },
                        [&](const Reply& o) {
                          tag(OutputTag::reply);
                          writer.bytes(o.bytes);
                        },
                        [&](const ForwardToPrincipal& o) {
                          tag(OutputTag::forward_to_principal);
                          writer.bytes(o.principal);
                          writer.u8(o.hop == ForwardToPrincipal::Hop::shared ? 1 : 0);
                        },
                        [&](const ForwardToOAuth& o) {
                          tag(OutputTag::forward_to_oauth);
                          writer.bytes(o.issuer);
                          writer.bytes(o.share_key);
                          writer.u32(o.share_seconds);
                        },
                        [&](const Await& o) {
                          tag(OutputTag::await);
                          write(writer, o);
                        },
                        [&](const RespondStream& o) {
                          tag(OutputTag::respond_stream);
                          write(writer, o.head);
                          writer.bytes(o.stream_id);
                        }},
             outcome);
  return writer.take();
}

}  // namespace core
