#include "runtime/base/result.hpp"

namespace tessera::runtime {
std::string_view to_string(ErrorCode code) {
  switch (code) {
#define TESSERA_ERROR(name, text) \
  case ErrorCode::name: return #name;
#include "runtime/base/errors.def"
#undef TESSERA_ERROR
  }
  return "unknown";
}

std::string_view explain(ErrorCode code) {
  switch (code) {
#define TESSERA_ERROR(name, text) \
  case ErrorCode::name: return text;
#include "runtime/base/errors.def"
#undef TESSERA_ERROR
  }
  return "an error that this version does not know";
}
}  // namespace tessera::runtime
