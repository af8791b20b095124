#include "examples/climatology/interrupt.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <thread>

namespace climatology {
namespace {
std::mutex mutex;
bool held = false;  ///< Guarded by the mutex.
std::atomic<bool> raised{false};

[[noreturn]] void watch(sigset_t signals) {
  for (;;) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    std::lock_guard lock(mutex);
    if (!held) _exit(130);
    raised = true;
  }
}
}  // namespace

void watch_interrupts() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // Threads that start later inherit it: only `watch` gets them.
  std::thread(watch, signals).detach();
}

void hold_interrupts() {
  std::lock_guard lock(mutex);
  held = true;
}

bool interrupted() { return raised; }
}  // namespace climatology
