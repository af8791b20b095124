#include "client/error.hpp"

#include <fmt/format.h>

namespace tessera {
namespace {
std::string sentence(const runtime::protocol::Blame& blame) {
  std::string text;
  if (blame.code == ErrorCode::task_failed) {
    text = fmt::format("operation \"{}\" threw {}: {}", blame.operation, blame.type, blame.message);
  } else {
    text = fmt::format("{}: {}", runtime::explain(blame.code), blame.message);
    if (!blame.operation.empty()) text += fmt::format(" [operation \"{}\"]", blame.operation);
  }
  if (blame.attempts > 1) text += fmt::format(" (attempt {})", blame.attempts);
  if (!blame.node.empty()) text += fmt::format(" on node \"{}\"", blame.node);
  return text + fmt::format(" [task {}]", runtime::to_string(blame.key));
}
}  // namespace

Error::Error(const runtime::protocol::Blame& blame)
    : std::runtime_error(sentence(blame)), code_(blame.code), key_(runtime::to_string(blame.key)),
      operation_(blame.operation), node_(blame.node), type_(blame.type), thrown_(blame.message), attempts_(blame.attempts) {}
}  // namespace tessera
