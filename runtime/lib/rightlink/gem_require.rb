# SPDX-License-Identifier: MIT
#
# cook starts without RubyGems: that halves its start. The first require that
# finds nothing loads RubyGems, which then looks among the installed gems.

module Kernel
  alias_method :require_without_gems, :require
  private :require_without_gems

  def require(name)
    require_without_gems(name)
  rescue LoadError => e
    raise unless e.path == name && Object.autoload?(:Gem)

    require_without_gems('rubygems')
    require(name)
  end
  private :require
end
