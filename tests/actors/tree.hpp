/// @file
/// A `/proc` and `/sys` of one's own.
#pragma once
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace tessera::test {
class Tree {
 public:
  Tree() { std::filesystem::create_directories(path_); }
  ~Tree() { std::filesystem::remove_all(path_); }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  const std::string& root() const { return path_; }
  void put(const std::string& file, const std::string& text) const {
    const std::filesystem::path path = path_ + file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text << '\n';
  }

 private:
  static inline int count_ = 0;
  std::string path_ = (std::filesystem::temp_directory_path() / ("tessera-tree-" + std::to_string(getpid()) + "-" + std::to_string(count_++))).string();
};
}  // namespace tessera::test
