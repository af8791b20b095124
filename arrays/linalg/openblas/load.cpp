#include "arrays/linalg/openblas/blas.hpp"

#include <dlfcn.h>
#include <signal.h>

#include <stdexcept>
#include <string>

namespace tessera::arrays::linalg {
namespace {
constexpr const char* library_name = "libopenblas.so.0";

void* opened() {
  // The library starts threads of its own. They inherit the mask: a signal that the program waits for would end the process in one of them.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  void* const library = dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return library;
}
}  // namespace

void* blas_symbol(const char* name) {
  static void* const library = opened();
  if (library == nullptr) throw std::runtime_error(std::string("matrices need the library ") + library_name + " (Debian: libopenblas0-pthread), which is not there");
  if (void* const symbol = dlsym(library, name)) return symbol;
  throw std::runtime_error(std::string(library_name) + " has no function " + name);
}
}  // namespace tessera::arrays::linalg
