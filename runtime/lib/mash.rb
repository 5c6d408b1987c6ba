# SPDX-License-Identifier: MIT
# frozen_string_literal: true

# Mash: a Hash whose Symbol keys are Strings (CORE-460). Reads of String keys
# run at Hash speed: only a miss asks #default, which tries a Symbol again.
class Mash < Hash
  alias_method :regular_writer, :[]=
  alias_method :regular_update, :update
  alias_method :regular_fetch, :fetch
  alias_method :stored_fetch, :fetch
  alias_method :regular_key?, :key?
  alias_method :regular_delete, :delete
  alias_method :regular_replace, :replace

  def self.from_hash(hash)
    mash = new(hash)
    mash.default = hash.default
    mash
  end

  def initialize(constructor = {})
    if constructor.is_a?(Hash)
      super()
      update(constructor)
    else
      super(constructor)
    end
  end

  def initialize_copy(orig)
    super
    orig.each do |key, value|
      case value
      when Mash, Array then regular_writer(key, value.dup)
      end
    end
  end

  def default(key = nil)
    return super unless key.is_a?(Symbol)

    name = key.name
    regular_key?(name) ? self[name] : super
  end

  def []=(key, value)
    regular_writer(convert_key(key), convert_value(value))
  end
  alias_method :store, :[]=

  def update(*others)
    others.each do |other|
      if other.instance_of?(Mash) && !block_given?
        other.each_pair { |key, value| regular_writer(key, value) }
      else
        other.each_pair do |key, value|
          key = convert_key(key)
          if block_given? && regular_key?(key)
            value = yield(key, self[key], value)
          end
          regular_writer(key, convert_value(value))
        end
      end
    end
    self
  end
  alias_method :merge!, :update

  def key?(key)
    super(convert_key(key))
  end
  alias_method :include?, :key?
  alias_method :has_key?, :key?
  alias_method :member?, :key?

  def fetch(key, *extras, &block)
    super(convert_key(key), *extras, &block)
  end

  def dig(key, *rest)
    value = self[key]
    rest.empty? || value.nil? ? value : value.dig(*rest)
  end

  def values_at(*keys)
    keys.map { |key| self[convert_key(key)] }
  end

  def fetch_values(*keys, &block)
    keys.map { |key| fetch(key, &block) }
  end

  def slice(*keys)
    super(*keys.map { |key| convert_key(key) })
  end

  def merge(*others, &block)
    dup.update(*others, &block)
  end

  def delete(key)
    super(convert_key(key))
  end

  def except(*rejected)
    names = rejected.map { |key| convert_key(key) }
    dup.delete_if { |key, _| names.include?(key) }
  end

  def stringify_keys!
    self
  end

  def symbolize_keys
    each_with_object({}) { |(key, value), out| out[key.to_sym] = value }
  end

  # Shallow: nested values stay what they are (CORE-460).
  def to_hash
    Hash.new(default).merge!(self)
  end

  protected

  def convert_key(key)
    key.is_a?(Symbol) ? key.name : key
  end

  def convert_value(value)
    if value.instance_of?(Hash)
      Mash.from_hash(value)
    elsif value.is_a?(Array)
      value.map { |item| convert_value(item) }
    else
      value
    end
  end
end
