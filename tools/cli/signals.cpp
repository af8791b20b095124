#include "tools/cli/signals.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace tessera::cli {
namespace {
sigset_t ours() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}
}  // namespace

Signals::Signals() {
  const sigset_t set = ours();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  woken_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

Signals::~Signals() {
  close(signals_);
  close(woken_);
}

Event Signals::wait(std::chrono::milliseconds limit) {
  pollfd files[] = {{signals_, POLLIN, 0}, {woken_, POLLIN, 0}};
  while (poll(files, 2, static_cast<int>(limit.count())) < 0)
    if (errno != EINTR) return Event::timeout;
  signalfd_siginfo signal;
  if (read(signals_, &signal, sizeof signal) == sizeof signal) return Event::interrupt;
  std::uint64_t count = 0;
  if (read(woken_, &count, sizeof count) == sizeof count) return Event::woken;
  return Event::timeout;
}

void Signals::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(woken_, &one, sizeof one);
}
}  // namespace tessera::cli
