/// @file
/// Findings of a grid in a file, so that a second call goes on where one was ended.
#pragma once
#include "simulation/experiment/grid.hpp"

#include <map>
#include <string>
#include <vector>

namespace tessera::cli {
/// One line of JSON a cell, after one that says what the file is. What belongs to another grid stays in the file and is not used.
class Results {
 public:
  /// Reads the file, or begins it. What a killed process left of a last line is cut off. Throws `Error` where it cannot be used: another version's, other lines, no access, in use.
  Results(const std::string& path, const simulation::experiment::Grid& grid);
  ~Results();
  Results(const Results&) = delete;
  Results& operator=(const Results&) = delete;

  /// Null: it is not there.
  const simulation::experiment::Finding* find(std::size_t cell) const;
  /// Written when this returns.
  void add(std::size_t cell, const simulation::experiment::Finding& finding);

 private:
  void read();
  void append(const std::string& line);
  /// What tells the cell from all others, of other grids too.
  std::string key(std::size_t cell) const;

  std::string path_;
  const simulation::experiment::Grid& grid_;
  std::vector<std::string> graphs_;      ///< What tells each graph from others of its name.
  int file_ = -1;
  std::map<std::string, simulation::experiment::Finding> found_;
};
}  // namespace tessera::cli
