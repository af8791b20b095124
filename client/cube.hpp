/// @file
/// `Cube`: a lazy array over named, labelled dimensions that is cut into chunks. Expressions check what metadata tells, then
/// wait; `CubeTasks` turns them into tasks, one or more a chunk.
#pragma once
#include "arrays/block.hpp"
#include "client/graph.hpp"
#include "serialization/block_codec.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tessera {
/// Which indices of a dimension belong together: index i to group `of[i]`, whose label is `labels[of[i]]`.
struct Grouping {
  std::string name;  ///< Of the dimension that the groups make, e.g. "month".
  std::vector<double> labels;
  std::vector<std::int32_t> of;
};

/// One dimension: a label for each index, and the lengths of the chunks along it.
struct Dimension {
  std::string name;
  std::vector<double> labels;
  std::vector<std::int64_t> chunks;
  /// Where the dimension's indices are groups: of which dimension, and which.
  std::string grouped_from = {};
  std::shared_ptr<const Grouping> grouping = nullptr;

  std::int64_t length() const { return static_cast<std::int64_t>(labels.size()); }
};

namespace detail {
struct CubeNode;
}

/// An immutable expression; copies share it. Every function here throws `Error` at once (rule E7): `invalid_argument` for a
/// dimension, shape, chunk or label that does not fit, `type_mismatch` for a dtype. Missing values are NaN.
class Cube {
 public:
  /// Adds the task that reads `count` elements from `start` on, a chunk, to a graph.
  using Read = std::function<Deferred<arrays::Block>(Graph& graph, arrays::ShapeView start, arrays::ShapeView count)>;

  /// What is read from somewhere. Dimensions are not empty, their names differ, their chunks add up.
  static Cube source(std::string name, arrays::Dtype dtype, std::vector<Dimension> dimensions, Read read);

  /// Means and standard deviations (`ddof` is subtracted from the count) along a dimension, which is gone from the result.
  Cube mean(const std::string& dimension) const;
  Cube deviation(const std::string& dimension, int ddof = 0) const;
  /// Means of each group. The groups take the dimension's place, in one chunk.
  Cube grouped_mean(const std::string& dimension, Grouping groups) const;
  /// By name: `b` has some of the dimensions of `a`, in its order, with its labels and chunks. A dimension of groups in `b` fits
  /// the dimension that was grouped: each element of `a` loses its group's.
  friend Cube operator-(const Cube& a, const Cube& b);
  /// The slab at `index`; the dimension is gone.
  Cube at(const std::string& dimension, std::int64_t index) const;
  /// The same elements in chunks of `length` (the last may be shorter).
  Cube rechunk(const std::string& dimension, std::int64_t length) const;

  const std::string& name() const;
  arrays::Dtype dtype() const;
  const std::vector<Dimension>& dimensions() const;
  arrays::Shape shape() const;
  /// How many chunks lie along each dimension.
  arrays::Shape grid() const;
  /// First element and lengths of the chunk at an index of the grid.
  std::pair<arrays::Shape, arrays::Shape> box(arrays::ShapeView at) const;

 private:
  friend class CubeTasks;
  explicit Cube(std::shared_ptr<const detail::CubeNode> node) : node_(std::move(node)) {}
  std::size_t axis(const std::string& dimension, const char* purpose) const;
  std::shared_ptr<const detail::CubeNode> node_;
};

/// The index that follows `at` in C order; false after the last.
bool next_index(arrays::Shape& at, arrays::ShapeView shape);

/// The tasks of cubes in one graph. What expressions share is computed once.
class CubeTasks {
 public:
  explicit CubeTasks(Graph& graph) : graph_(graph) {}
  /// One for each chunk of the cube, in C order of its grid. The reference lives as long as this.
  const std::vector<Deferred<arrays::Block>>& chunks(const Cube& cube);

 private:
  Graph& graph_;
  std::map<std::shared_ptr<const detail::CubeNode>, std::vector<Deferred<arrays::Block>>> done_;
};
}  // namespace tessera
