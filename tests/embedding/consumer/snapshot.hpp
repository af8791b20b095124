// What a process has and what of it a library must leave alone. Linux.
#pragma once
#include <signal.h>
#include <unistd.h>

#include <array>
#include <clocale>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <locale>
#include <map>
#include <set>
#include <string>
#include <tuple>

/// Rule N1: what must not grow.
struct Holdings {
  std::size_t threads = 0;
  std::map<std::string, std::string> descriptors;  ///< Number to what it is.
  std::set<std::string> shared_memory, children;

  static Holdings now() {
    namespace fs = std::filesystem;
    Holdings all;
    for ([[maybe_unused]] const auto& thread : fs::directory_iterator("/proc/self/task")) ++all.threads;
    for (const auto& one : fs::directory_iterator("/proc/self/fd")) {
      std::error_code gone;  // The descriptor of this walk itself.
      const auto what = fs::read_symlink(one.path(), gone).string();
      if (!gone && what.find("/fd") == std::string::npos) all.descriptors[one.path().filename()] = what;
    }
    for (const auto& thread : fs::directory_iterator("/proc/self/task")) {
      std::ifstream of(thread.path() / "children");
      for (std::string child; of >> child;) all.children.insert(child);
    }
    for (const auto& one : fs::directory_iterator("/dev/shm")) all.shared_memory.insert(one.path().filename());
    return all;
  }
  bool operator==(const Holdings&) const = default;
};

/// Rule N2: what must not change.
struct Surroundings {
  using Action = std::tuple<void*, int, bool>;  ///< Handler, flags, whether it is blocked.
  std::array<Action, NSIG> signals;
  std::string c_locale, cpp_locale, folder;
  off_t stdout_bytes = 0;

  /// `stdout` must be a file.
  static Surroundings now() {
    Surroundings all;
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    for (int i = 1; i < NSIG; ++i) {
      struct sigaction action = {};
      if (sigaction(i, nullptr, &action) != 0) continue;  // glibc keeps two for itself.
      all.signals[static_cast<std::size_t>(i)] = {reinterpret_cast<void*>(action.sa_handler), action.sa_flags, sigismember(&blocked, i) == 1};
    }
    all.c_locale = std::setlocale(LC_ALL, nullptr);
    all.cpp_locale = std::locale().name();
    all.folder = std::filesystem::current_path();
    std::fflush(stdout);
    all.stdout_bytes = lseek(STDOUT_FILENO, 0, SEEK_END);
    return all;
  }
  bool operator==(const Surroundings&) const = default;
};
