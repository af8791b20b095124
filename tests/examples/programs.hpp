/// @file
/// Programs as a user starts them, and folders that go with the test.
#pragma once
#include "actors/child_process.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <thread>

namespace programs {
namespace fs = std::filesystem;

inline std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Folder {
  fs::path path = fs::temp_directory_path() / ("tessera-examples-" + std::to_string(getpid()) + "-" + std::to_string(count++));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  std::string operator/(const std::string& name) const { return (path / name).string(); }
  static inline int count = 0;
};

/// All files below a folder, by name; folders with an empty text.
inline std::map<std::string, std::string> tree(const std::string& folder) {
  std::map<std::string, std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    all[fs::relative(entry.path(), folder).string()] = entry.is_regular_file() ? content(entry.path().string()) : "";
  return all;
}

struct Ended {
  int code = -1;
  std::string text;  ///< stdout and stderr.
  bool says(const std::string& what) const { return text.find(what) != std::string::npos; }
};

inline Ended run(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  Ended ended;
  std::array<char, 4096> bytes;
  while (const std::size_t n = fread(bytes.data(), 1, bytes.size(), pipe)) ended.text.append(bytes.data(), n);
  const int status = pclose(pipe);
  ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ended;
}

/// A program that goes on running, with what it prints in files.
class Running {
 public:
  Running(const Folder& folder, const std::string& name, const std::string& command)
      : out_(folder / (name + ".out")), err_(folder / (name + ".err")),
        process_(std::move(*tessera::actors::ChildProcess::start({"/bin/sh", "-c", "exec " + command + " >" + out_ + " 2>" + err_}))) {}
  /// The first line of stdout.
  std::string first_line() {
    for (int i = 0; i < 6000; ++i) {
      const std::string text = content(out_);
      if (const auto end = text.find('\n'); end != std::string::npos) return text.substr(0, end);
      if (process_.wait(tessera::runtime::milliseconds(5))) break;
    }
    BOOST_FAIL("nothing came: " + content(err_));
    return {};
  }
  std::string errors() const { return content(err_); }
  void interrupt() { process_.kill(SIGINT); }
  void kill() { process_.kill(SIGKILL); }
  int end() {
    const auto code = process_.wait(tessera::runtime::seconds(60));
    BOOST_REQUIRE(code.has_value());
    return *code;
  }
  /// What it said belongs to the failure, and is whole only once it has ended.
  void ends_with(int expected) {
    const int code = end();
    BOOST_TEST(code == expected, "ended with " << code << ", not " << expected << ": " << errors());
  }

 private:
  std::string out_, err_;
  tessera::actors::ChildProcess process_;
};

/// Whether a process runs that file.
inline bool runs(const std::string& file) {
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const fs::path target = fs::read_symlink(entry.path() / "exe", gone);
    if (!gone && target == file) return true;
  }
  return false;
}

/// False if it holds after a minute, too.
template <class Condition>
bool ends(const Condition& condition) {
  for (int i = 0; i < 12'000; ++i) {
    if (!condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}
}  // namespace programs
