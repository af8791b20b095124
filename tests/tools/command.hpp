/// @file
/// The binary as a process: run to its end, or left running with what it prints in files.
#pragma once
#include "actors/child_process.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace tessera::test {
namespace fs = std::filesystem;

struct Ended {
  int code = -1;
  std::string text;  ///< stdout and stderr.
};

/// Runs `tessera` to its end; `before` is a command that runs it, e.g. on another host.
inline Ended run(const std::string& arguments, const std::string& before = {}) {
  FILE* pipe = popen((before + TESSERA_CLI + " " + arguments + " 2>&1").c_str(), "r");
  Ended ended;
  std::array<char, 4096> bytes;
  while (const std::size_t n = fread(bytes.data(), 1, bytes.size(), pipe)) ended.text.append(bytes.data(), n);
  const int status = pclose(pipe);
  ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ended;
}

inline bool says(const Ended& ended, const std::string& what) { return ended.text.find(what) != std::string::npos; }

/// A folder that goes with the test.
struct Folder {
  fs::path path = fs::temp_directory_path() / ("tessera-cli-" + std::to_string(getpid()) + "-" + std::to_string(count++));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  std::string operator/(const std::string& name) const { return (path / name).string(); }
  static inline int count = 0;
};

inline std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A command that goes on running, with what it prints in files.
class Running {
 public:
  Running(const Folder& folder, const std::string& name, const std::string& arguments, const std::string& before = {})
      : out_(folder / (name + ".out")), err_(folder / (name + ".err")),
        process_(std::move(*actors::ChildProcess::start(
            {"/bin/sh", "-c", "exec " + before + TESSERA_CLI + " " + arguments + " >" + out_ + " 2>" + err_}))) {}
  /// The first line of stdout.
  std::string first_line() {
    for (int i = 0; i < 6000; ++i) {
      const std::string text = content(out_);
      if (const auto end = text.find('\n'); end != std::string::npos) return text.substr(0, end);
      if (process_.wait(runtime::milliseconds(5))) break;
    }
    BOOST_FAIL("nothing came: " + content(err_));
    return {};
  }
  std::string address() { return nlohmann::json::parse(first_line()).at("address"); }
  std::string errors() const { return content(err_); }
  int pid() const { return process_.pid(); }
  void interrupt() { process_.kill(SIGINT); }
  void kill() { process_.kill(SIGKILL); }
  int end() {
    const auto code = process_.wait(runtime::seconds(40));
    BOOST_REQUIRE(code.has_value());
    return *code;
  }

 private:
  std::string out_, err_;
  actors::ChildProcess process_;
};
}  // namespace tessera::test
