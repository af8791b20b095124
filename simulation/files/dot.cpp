// DOT, as tools that simulate schedulers write graphs. Boost.Graph reads it, but only with a library that programs would need at run time, or with a parser that does not say where it stopped;
// of the language such files use little.
#include "simulation/files/formats.hpp"
#include "simulation/files/graph_maker.hpp"

#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>

namespace tessera::simulation::files {
namespace {
using Attributes = std::map<std::string, std::string>;

/// What a text is made of: names, numbers and quoted texts alike, `->`, and single signs.
class Words {
 public:
  explicit Words(std::string_view text) : text_(text) { next(); }
  const std::string& word() const { return word_; }
  bool is_name() const { return is_name_; }
  bool is_end() const { return is_end_; }
  bool is(std::string_view sign) const { return !is_name_ && !is_end_ && word_ == sign; }
  /// Whatever its case.
  bool is_keyword(std::string_view keyword) const {
    return is_name_ && !is_quoted_ && std::ranges::equal(word_, keyword, [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
  }
  bool skip(std::string_view sign) {
    if (!is(sign)) return false;
    next();
    return true;
  }
  std::string name(const char* expected) {
    if (!is_name_) fail(expected);
    std::string its = std::move(word_);
    next();
    return its;
  }
  Named named(const char* expected) {
    const std::string where = fmt::format("line {}", line_);
    return {name(expected), where};
  }
  [[noreturn]] void fail(const char* expected) const { throw Wrong{fmt::format("line {}: {} was expected, and there is {}", line_, expected, is_end_ ? "the end" : "\"" + word_ + "\"")}; }
  void next() {
    skip_space();
    is_quoted_ = is_name_ = false;
    word_.clear();
    is_end_ = at_ >= text_.size();
    if (is_end_) return;
    if (text_[at_] == '"') return quoted();
    const auto is_part = [&](char one) { return std::isalnum(static_cast<unsigned char>(one)) || one == '_' || one == '.' || (one & 0x80); };
    const bool is_negative = text_[at_] == '-' && at_ + 1 < text_.size() && (std::isdigit(static_cast<unsigned char>(text_[at_ + 1])) || text_[at_ + 1] == '.');
    if (!is_part(text_[at_]) && !is_negative) {
      word_ = text_.substr(at_, text_.substr(at_).starts_with("->") ? 2 : 1);
      at_ += word_.size();
      return;
    }
    is_name_ = true;
    do {
      word_ += text_[at_++];
    } while (at_ < text_.size() && (is_part(text_[at_]) || is_exponent()));
  }

 private:
  /// The sign in 1e-3.
  bool is_exponent() const {
    return (text_[at_] == '+' || text_[at_] == '-') && (word_.back() == 'e' || word_.back() == 'E') && word_.find_first_not_of("0123456789.eE-") == word_.npos &&
           at_ + 1 < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_ + 1]));
  }
  void quoted() {
    is_name_ = is_quoted_ = true;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] == '"') ++at_;
      if (text_[at_] == '\n') ++line_;
      word_ += text_[at_];
    }
    if (at_++ >= text_.size()) throw Wrong{fmt::format("line {}: the quoted text has no end", line_)};
  }
  void skip_space() {
    while (at_ < text_.size()) {
      const std::string_view rest = text_.substr(at_);
      if (rest.starts_with("//") || (rest[0] == '#' && (at_ == 0 || text_[at_ - 1] == '\n'))) {
        at_ += std::min(rest.size(), rest.find('\n'));
      } else if (rest.starts_with("/*")) {
        const auto end = rest.find("*/", 2);
        if (end == rest.npos) throw Wrong{fmt::format("line {}: the comment has no end", line_)};
        line_ += std::ranges::count(rest.substr(0, end), '\n');
        at_ += end + 2;
      } else if (std::isspace(static_cast<unsigned char>(rest[0]))) {
        line_ += rest[0] == '\n';
        ++at_;
      } else {
        return;
      }
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::ptrdiff_t line_ = 1;
  std::string word_;
  bool is_name_ = false, is_quoted_ = false, is_end_ = false;
};

class Dot {
 public:
  Dot(std::string_view text, Workflow& made) : words_(text), made_(made), maker_(made) {}
  void read() {
    if (words_.is_keyword("strict")) words_.next();
    if (!words_.is_keyword("digraph")) words_.fail("\"digraph\"");
    words_.next();
    if (words_.is_name()) made_.graph.name = words_.name("a name");
    expect("{");
    while (!words_.is("}")) statement();
    words_.next();
    if (!words_.is_end()) words_.fail("the end");
    maker_.finish();
  }

 private:
  void expect(const char* sign) {
    if (!words_.skip(sign)) words_.fail(fmt::format("\"{}\"", sign).c_str());
  }
  void statement() {
    if (words_.skip(";")) return;
    if (words_.is("{") || words_.is_keyword("subgraph")) words_.fail("a task or an edge (subgraphs are not supported)");
    const bool is_default = words_.is_keyword("graph") || words_.is_keyword("node") || words_.is_keyword("edge");
    const Named first = words_.named("a task, an edge or \"}\"");
    if (is_default) {
      attributes();  // They are of the picture.
      return;
    }
    if (words_.skip("=")) {
      words_.name("a value");
      return;
    }
    std::vector<Named> chain{first};
    while (words_.skip("->")) chain.push_back(words_.named("the name of a task"));
    const Attributes its = attributes();
    for (const Named& one : chain) task(one);
    if (chain.size() == 1) set(first, its);
    for (std::size_t i = 1; i < chain.size(); ++i) edge(chain[i - 1], chain[i], its);
  }
  Attributes attributes() {
    Attributes all;
    while (words_.skip("[")) {
      while (!words_.skip("]")) {
        const std::string name = words_.name("an attribute or \"]\"");
        expect("=");
        all[name] = words_.name("a value");
        if (!words_.skip(",")) words_.skip(";");
      }
    }
    return all;
  }
  std::uint32_t task(const Named& id) {
    const auto [at, is_new] = tasks_.try_emplace(id.name);
    if (is_new) at->second = maker_.add_task(id, id.name);
    return at->second;
  }
  static std::optional<double> number(const Named& of, const Attributes& its, const char* key) {
    const auto at = its.find(key);
    if (at == its.end()) return std::nullopt;
    double value = 0;
    const char* end = at->second.data() + at->second.size();
    const auto read = std::from_chars(at->second.data(), end, value);
    if (read.ec != std::errc() || read.ptr != end || !std::isfinite(value)) Named{at->second, fmt::format("{}, {} of \"{}\"", of.where, key, of.name)}.fail("a number");
    return value;
  }
  void set(const Named& id, const Attributes& its) {
    const auto not_negative = [&](const char* key) {
      const auto value = number(id, its, key);
      if (value && *value < 0) Named{its.at(key), fmt::format("{}, {} of \"{}\"", id.where, key, id.name)}.fail("a number of at least 0");
      return value;
    };
    engine::Task& one = maker_[task(id)];
    if (const auto flops = not_negative("size")) one.duration = *flops / flops_per_second;
    if (const auto seconds = not_negative("duration")) one.duration = *seconds;
    if (const auto cores = not_negative("cores")) one.cpus = static_cast<std::uint32_t>(std::clamp(std::ceil(*cores), 1.0, 1e6));
  }
  /// Each has data of its own; without any the second only follows.
  void edge(const Named& from, const Named& to, const Attributes& its) {
    const double bytes = number(from, its, "size").value_or(0);
    if (bytes > file_bytes_max) Named{its.at("size"), from.where}.fail("at most 1e18 bytes");
    if (bytes < 1) return maker_.follows(task(to), task(from));
    const Named file{fmt::format("{} of {} -> {}", edges_++, from.name, to.name), from.where};
    maker_.add_file(file.name, static_cast<std::uint64_t>(bytes));
    maker_.writes(task(from), file);
    maker_.reads(task(to), file);
  }

  static constexpr double flops_per_second = 1e9;
  Words words_;
  Workflow& made_;
  GraphMaker maker_;
  std::map<std::string, std::uint32_t> tasks_;
  std::size_t edges_ = 0;
};
}  // namespace

runtime::Result<Workflow> parse_dot(std::string_view text) {
  return reading([&] {
    Workflow made;
    Dot(text, made).read();
    return made;
  });
}
}  // namespace tessera::simulation::files
