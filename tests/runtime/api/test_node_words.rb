# SPDX-License-Identifier: MIT
require 'minitest/autorun'

class TestNodeWords < Minitest::Test
  def test_core_423_the_node_answers_for_its_attributes
    node = Chef::Node.new
    node.default['a']['b'] = 1
    %i[has_key? key? include? member? attribute?].each do |word|
      assert_equal [true, false], [node.public_send(word, 'a'),
                                   node.public_send(word, 'z')], word
    end
    names = []
    node.each_pair { |name, _| names << name }
    assert_equal %w[a], names
    assert_equal 1, node.a.b
    assert_raises(NoMethodError) { node.no_such_word }
  end
end
