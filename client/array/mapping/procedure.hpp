/// @file
/// The node of `map_blocks` and the like: from chunks to calls of a kernel.
#pragma once
#include "client/array/mapping/plan.hpp"
#include "client/array/procedure.hpp"

#include <string>
#include <vector>

namespace tessera::detail {
/// What is said of all chunks. Operands of an overlap are larger than the result by what was padded.
struct MappedKernel {
  std::string name = {};
  std::uint32_t mark = 0;
  std::vector<std::byte> values = {};
  KernelPlan::Kind kind{};
  std::vector<std::size_t> cores = {};   ///< Core dimensions of each operand (`loops`).
  std::size_t core = 0;                  ///< Of the result.
  arrays::Shape before = {}, behind = {};
  std::vector<bool> is_padded = {};      ///< Along each dimension (`overlap`).
  friend bool operator==(const MappedKernel&, const MappedKernel&) = default;
};

class Mapped : public ArrayProcedure {
 public:
  explicit Mapped(MappedKernel kernel) : kernel_(std::move(kernel)) {}
  bool equals(const Procedure& other) const override;
  void need(const Calling& call, std::size_t chunk, const Take& take) const override;
  void add(Graph& graph, const Calling& call, const std::vector<bool>& wanted, std::span<const Tasks* const> of, Tasks& tasks) const override;

  /// What the call for a chunk of the result does; pieces are of the operands' chunks.
  KernelPlan plan(const Calling& call, std::size_t chunk) const;

 private:
  MappedKernel kernel_;
};
}  // namespace tessera::detail
