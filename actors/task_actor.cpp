#include "actors/task_actor.hpp"

#include <cxxabi.h>

#include <cstdlib>

namespace tessera::actors {
using runtime::protocol::Blame;

namespace {
std::string demangled(const std::type_info* type) {
  if (type == nullptr) return "an unknown type";
  int status = 0;
  char* text = abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);
  std::string name = status == 0 ? text : type->name();
  std::free(text);
  return name;
}
constexpr std::size_t message_bytes_max = 8 * 1024;
}  // namespace

Blame blame_current_exception() {
  Blame blame;
  blame.type = demangled(abi::__cxa_current_exception_type());
  try {
    throw;
  } catch (const std::bad_alloc&) {
    blame.code = runtime::ErrorCode::out_of_memory;
    blame.message = "the operation could not allocate memory";
  } catch (const std::exception& error) {
    blame.message = error.what();
  } catch (const std::string& text) {
    blame.message = text;
  } catch (const char* text) {
    blame.message = text;
  } catch (...) {
    blame.message = "an exception without words";
  }
  if (blame.message.size() > message_bytes_max) blame.message.resize(message_bytes_max);
  return blame;
}

caf::resumable::resume_result TaskActor::resume(caf::execution_unit*, std::size_t) {
  if (work_.operation == nullptr) {
    Blame blame;
    blame.code = runtime::ErrorCode::unknown_operation;
    blame.message = "operation \"" + work_.operation_name + "\" is not registered on this node";
    outcome_ = std::move(blame);
    return done;
  }
  arrays::Scope scope;
  scope.stop = &stop_flag();
  scope.attempt = work_.attempt.value;
  scope.key = work_.id.key;
  arrays::Call call{work_.params, work_.inputs, &scope};
  try {
    outcome_ = work_.operation->run(*work_.operation, call);
  } catch (...) {
    outcome_ = blame_current_exception();
  }
  if (auto* blame = std::get_if<Blame>(&outcome_)) blame->operation = work_.operation->name;
  return done;
}
}  // namespace tessera::actors
