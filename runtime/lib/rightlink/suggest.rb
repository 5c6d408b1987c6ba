# SPDX-License-Identifier: MIT
#
# "Did you mean": the nearest of the known words to a misspelt one. Loaded only
# when an error is about to be raised.

module RightLink
  module Suggest
    MOST_WORDS = 5_000

    module_function

    # The nearest known word, or nil when none is near.
    def nearest(wrong, known)
      wrong = wrong.to_s
      limit = [wrong.size / 3, 1].max
      best = nil
      known.first(MOST_WORDS).each do |word|
        text = word.to_s
        next if text == wrong || (text.size - wrong.size).abs > limit

        distance = distance(wrong, text)
        if distance <= limit
          best = text
          limit = distance - 1
        end
      end
      best
    end

    # "; did you mean `x'?" or "".
    def phrase(wrong, known)
      word = nearest(wrong, known)
      word ? "; did you mean `#{word}'?" : ''
    end

    # Edits from one word to the other; a swap of neighbours counts as one.
    def distance(left, right)
      before = nil
      row = (0..right.size).to_a
      left.each_char.with_index(1) do |a, i|
        current = [i]
        right.each_char.with_index(1) do |b, j|
          cost = a == b ? 0 : 1
          value = [row[j] + 1, current[j - 1] + 1, row[j - 1] + cost].min
          if before && j > 1 && a == right[j - 2] && left[i - 2] == b
            value = [value, before[j - 2] + 1].min
          end
          current << value
        end
        before = row
        row = current
      end
      row.last
    end
  end
end
