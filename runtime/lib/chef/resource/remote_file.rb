# SPDX-License-Identifier: MIT
#
# The sources of a remote file: one or more absolute URIs, checked when the
# declaration is complete (RES-remote_file).

class Chef
  class Resource
    class RemoteFile
      URI_FORM = /\A[A-Za-z][A-Za-z0-9+.-]*:/.freeze

      def source(*args)
        return read_source if args.empty? || args == [nil]

        if args.size == 1 && args[0].is_a?(Chef::DelayedEvaluator)
          @source = args[0]
        else
          list = args.flatten
          raise ArgumentError, "#{self} has an empty source" if list.empty?

          need_uris(list)
          @source = list
        end
      end

      def source=(value)
        source(value)
      end

      def use_conditional_get(flag)
        use_etag(flag)
        use_last_modified(flag)
      end

      def after_created
        super
        return unless @source.nil? || @source == []

        raise ArgumentError, "#{self} has an empty source"
      end

      private

      def read_source
        return @source unless @source.is_a?(Chef::DelayedEvaluator)

        list = [@source.value_for(self)].flatten
        need_uris(list)
        list
      end

      def need_uris(list)
        list.each do |uri|
          next if uri.is_a?(String) && URI_FORM.match?(uri)

          raise Chef::Exceptions::InvalidRemoteFileURI,
                "#{uri.inspect} is not a valid `source` parameter for " \
                "#{resource_name}. `source` must be an absolute URI or an " \
                'array of URIs.'
        end
      end
    end
  end
end
