# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require_relative "harness"
require "chef/node/attribute"

def fresh(*levels)
  Chef::Node::Attribute.new(*levels)
end

test "core_401_components_merge_from_weak_to_strong" do
  order = Chef::Node::Attribute::COMPONENTS
  eq(10, order.size)
  order.each_with_index do |_, last|
    a = fresh
    order[0..last].reverse_each { |level| a.public_send(level)["k"] = level.name }
    eq(order[last].name, a["k"])
  end
end

test "core_402_arrays_unite_in_a_group_and_are_replaced_between_groups" do
  a = fresh
  a.default["l"] = [1, 2]
  a.role_default["l"] = [2, 3]
  eq([1, 2, 3], a["l"])
  a.normal["l"] = [9]
  eq([9], a["l"])
  a.override["l"] = [7]
  a.env_override["l"] = [8]
  eq([7, 8], a["l"])
end

test "core_440_missing_nil_and_false_take_the_stronger_value" do
  a = fresh
  a.default["nil"] = nil
  a.default["no"] = false
  a.default["keep"] = 1
  a.role_default = { "nil" => 2, "no" => [1], "keep" => nil, "only" => nil }
  eq(2, a["nil"])
  eq([1], a["no"])
  eq(1, a["keep"])
  eq(nil, a["only"])
end

test "core_440_mixed_types_take_the_stronger_and_forget_the_weaker" do
  a = fresh
  a.default["x"] = { "lost" => 1 }
  a.env_default["x"] = "text"
  a.role_default["x"] = { "kept" => 1 }
  eq({ "kept" => 1 }, a["x"])
end

test "core_440_hashes_in_arrays_are_compared_whole" do
  a = fresh
  a.default["l"] = [{ "n" => 1 }, 1]
  a.role_default["l"] = [{ "n" => 1 }, { "n" => 2 }]
  eq([{ "n" => 1 }, 1, { "n" => 2 }], a["l"])
end

test "core_441_between_groups_nil_keeps_and_false_counts" do
  a = fresh
  a.default = { "a" => 1, "b" => true, "c" => [1], "h" => { "x" => 1 } }
  a.normal = { "a" => nil, "b" => false, "c" => [], "h" => { "y" => 2 } }
  eq(1, a["a"])
  eq(false, a["b"])
  eq([], a["c"])
  eq({ "x" => 1, "y" => 2 }, a["h"])
end

test "core_442_knockout_strings_are_refused" do
  a = fresh
  a.default["l"] = ["x"]
  a.role_default["l"] = ["!merge:x"]
  raises(Chef::Mixin::DeepMerge::InvalidSubtractiveMerge) { a["l"] }
end

test "core_411_reading_through_a_writer_makes_the_key" do
  a = fresh
  eq({}, a.default["q"]["w"])
  eq({ "w" => {} }, a["q"])
  a.default.m.n = 5
  eq(5, a["m"]["n"])
  raises(NoMethodError, /m=value/) { a.default.m(1) }
end

test "core_411_symbols_are_strings_and_integers_stay" do
  a = fresh
  a.default[:s][7] = "int"
  a.default["s"][:k] = { c: [{ d: 1 }] }
  eq("int", a[:s][7])
  eq(nil, a["s"]["7"])
  eq(1, a["s"]["k"]["c"].first[:d])
  eq([Integer, String], a["s"].keys.map(&:class))
end

test "core_413_unless_looks_at_its_own_component_only" do
  a = fresh
  a.default["u"]["a"] = 1
  a.default_unless["u"]["a"] = 2
  a.normal_unless["u"]["a"] = 3
  eq(1, a.default["u"]["a"])
  eq(3, a["u"]["a"])
  a.normal_unless["u"]["deep"]["er"] = 4
  eq(4, a["u"]["deep"]["er"])
  a.default["u"]["a"] = 9
  eq(9, a.default["u"]["a"], "the flag is gone after a write")
end

test "core_414_what_was_read_stays_as_it_was" do
  a = fresh
  a.default["a"]["b"]["c"] = 1
  a.default["a"]["other"]["d"] = 1
  before = a["a"]
  a.override["a"]["b"]["c"] = 2
  eq(1, before["b"]["c"])
  eq(2, a["a"]["b"]["c"])
  ok(a["a"]["other"].equal?(before["other"]), "the untouched branch is shared")
end

test "core_412_array_mutators_are_seen" do
  a = fresh
  a.default["a"]["l"] = [1]
  eq([1], a["a"]["l"])
  a.default["a"]["l"] << 2
  a.default["a"]["l"].concat([3])
  eq([1, 2, 3], a["a"]["l"])
  a.default["a"]["l"] << { "k" => { "z" => 1 } }
  eq(1, a["a"]["l"].last["k"]["z"])
end

test "core_416_hash_at_one_level_and_key_at_another" do
  a = fresh
  a.default["hh"] = { "a" => 1 }
  a.override["hh"]["b"] = 2
  eq({ "a" => 1, "b" => 2 }, a["hh"])
end

test "core_421_the_merged_view_refuses_writes" do
  a = fresh
  a.default["i"] = { "a" => [1, 2], "h" => { "x" => 1 } }
  error = Chef::Exceptions::ImmutableAttributeModification
  ok(error < NoMethodError)
  [-> { a["i"] = 1 }, -> { a["i"]["a"] = 1 }, -> { a["i"]["a"] << 3 },
   -> { a["i"]["h"].delete("x") }, -> { a["i"]["h"].merge!("y" => 1) },
   -> { a.i = 1 }, -> { a["i"].h = 2 }].each do |write|
    raises(error, /`node\.default\["key"\] = "value"'/) { write.call }
  end
  a["i"]["h"].dup["new"] = 1
  eq({ "x" => 1 }, a["i"]["h"])
end

test "core_424_readers_of_hash_work_on_the_view" do
  a = fresh
  a.default["e"] = { "b" => 2, "c" => { "x" => [1, { "y" => 2 }] } }
  a.normal["e"]["a"] = 10
  e = a["e"]
  eq(%w[a b c], e.keys.sort)
  eq(9, e.fetch("zz", 9))
  raises(KeyError) { e.fetch("zz") }
  plain = e.to_hash
  eq([Hash, Hash, Hash], [plain.class, plain["c"].class, plain["c"]["x"][1].class])
  eq({ "m" => 1 }.merge(plain), { "m" => 1 }.merge(e))
  eq(Mash, e.merge("m" => 1).class)
end

test "core_425_debug_value_names_every_component" do
  a = fresh
  a.default["a"]["b"] = 1
  a.force_override["a"]["b"] = 2
  rows = a.debug_value("a", "b")
  eq(["set_unless_enabled?", false], rows.first)
  eq(11, rows.size)
  eq([["default", 1], ["force_override", 2]], rows.drop(1).reject { |_, v| v == :not_present })
end

test "core_1104_paths" do
  a = fresh
  a.write(:default, "a", "b", 1)
  a.default["l"] = [{ "x" => 5 }]
  eq(1, a.read("a", "b"))
  eq(5, a.read("l", 0, "x"))
  eq(nil, a.read("a", "nope", "deeper"))
  eq([true, false], [a.exist?("a", "b"), a.exist?("a", "c")])
  raises(Chef::Exceptions::NoSuchAttribute) { a.read!("a", "c") }
  raises(Chef::Exceptions::AttributeTypeMismatch) { a.write!(:default, "a", "b", "c", 1) }
  eq(1, a.unlink(:default, "a", "b"))
  eq({}, a["a"])
  raises(Chef::Exceptions::NoSuchAttribute) { a.unlink!(:default, "a", "b") }
end

test "core_1105_rm_returns_the_merged_value_and_removes_everywhere" do
  a = fresh
  a.default["a"]["b"] = { "x" => 1 }
  a.override["a"]["b"] = { "y" => 2 }
  eq({ "x" => 1, "y" => 2 }, a.rm("a", "b"))
  eq({}, a["a"])
end

test "core_432_automatic_values_are_asked_for_once_when_read" do
  asked = []
  source = Object.new
  source.define_singleton_method(:ohai_fetch) { |key| asked << key; key == "os" ? "linux" : nil }
  source.define_singleton_method(:ohai_keys) { %w[os] }
  a = fresh
  a.lazy_automatic(source)
  a.override["os"] = "weaker"
  a.default["os2"]["x"] = 1
  eq([], asked)
  eq(%w[linux linux], [a["os"], a["os"]])
  eq(nil, a["none"])
  eq(%w[none os], asked.sort)
  a.automatic["os"] = "pinned"
  eq("pinned", a["os"])
end

# Alternating writes and reads merge along one path: the copies made do not
# grow with the tree (a count, not a clock).
test "core_414_a_write_merges_one_path_again" do
  a = fresh
  20.times { |i| 20.times { |j| 10.times { |k| a.default["app"]["k#{i}"]["j#{j}"]["l#{k}"] = k } } }
  a["app"]
  merge = Chef::Node::Merge
  folds = 0
  original = merge.method(:fold)
  merge.define_singleton_method(:fold) { |*args| folds += 1; original.call(*args) }
  100.times { |i| a.normal["app"]["k3"]["j4"]["l5"] = i; a["app"]["k3"]["j4"]["l5"] }
  merge.define_singleton_method(:fold, original)
  ok(folds <= 100 * 50, "at most 50 folds a write, not #{folds / 100}")
  eq(99, a["app"]["k3"]["j4"]["l5"])
end

test "core_437_old_direct_writes_go_to_normal_on_request" do
  Chef::Config[:legacy_attribute_writes] = true
  a = fresh
  a.default["a"] = { "b" => { "c" => 1 }, "l" => [1] }
  view = a["a"]
  view[:b][:c] = 2
  view[:b][:d] = 3
  a["a"]["l"] << 2
  a["top"] = 5
  a.a.e = 6
  eq({ "b" => { "c" => 2, "d" => 3 }, "l" => [1, 2], "e" => 6 }, a["a"].to_hash)
  eq([1, 5, { "c" => 2, "d" => 3 }], [view["b"]["c"], a["top"], a.normal["a"]["b"]])
end

# The rules once more, written the plain way: whole trees, nothing kept.
module PlainMerge
  module_function

  def view(attributes)
    levels = Chef::Node::Attribute::GROUPS.map do |names|
      names.map { |n| Chef::Node::Immutable.plain(attributes.component(n)) }
           .inject { |weak, strong| inside(weak, strong) }
    end
    levels.inject { |weak, strong| between(weak, strong) }
  end

  def inside(weak, strong)
    return strong if weak.nil? || weak == false
    return weak if strong.nil?
    return weak | strong if weak.is_a?(Array) && strong.is_a?(Array)
    return strong unless weak.is_a?(Hash) && strong.is_a?(Hash)

    strong.each_with_object(weak.dup) { |(k, v), out| out[k] = out.key?(k) ? inside(out[k], v) : v }
  end

  def between(weak, strong)
    return weak if strong.nil?
    return strong unless weak.is_a?(Hash) && strong.is_a?(Hash)

    strong.each_with_object(weak.dup) { |(k, v), out| out[k] = out.key?(k) ? between(out[k], v) : v }
  end
end

test "core_414_random_writes_and_reads_agree_with_a_whole_merge" do
  random = Random.new(20_131_018)
  pick = ->(list) { list[random.rand(list.size)] }
  value = lambda do
    pick.([1, nil, false, "s", [1], [2, { "h" => 1 }], {}, { "k1" => { "k2" => random.rand(9) } }, { "k0" => nil }])
  end
  30.times do
    a = fresh
    60.times do
      tree = a.public_send(pick.(Chef::Node::Attribute::COMPONENTS))
      path = Array.new(1 + random.rand(3)) { "k#{random.rand(3)}" }
      last = path.pop
      place = path.inject(tree) { |at, key| at[key].is_a?(Hash) ? at[key] : at[key] = {} ; at[key] }
      case random.rand(8)
      when 0 then place.delete(last)
      when 1 then place.update(last => value.call)
      when 2 then place[last]
      when 3 then place[last].is_a?(Array) ? place[last] << random.rand(5) : place[last] = value.call
      when 4 then place.clear
      else place[last] = value.call
      end
      3.times { |i| a["k#{i}"] } if random.rand(3).zero?
      expected = PlainMerge.view(a)
      3.times do |i|
        got = Chef::Node::Immutable.plain(a["k#{i}"])
        raise Harness::Failure, "#{got.inspect} is not #{expected["k#{i}"].inspect}" unless got == expected["k#{i}"]
      end
    end
  end
  ok(true)
end
