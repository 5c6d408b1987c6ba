# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require 'json'
require 'rightlink/suggest'
require 'rightlink/lint/tables'
require 'rightlink/lint/finding'
require 'rightlink/lint/workspace'
require 'rightlink/lint/guards'
require 'rightlink/lint/check_files'
require 'rightlink/lint/check_metadata'
require 'rightlink/lint/check_recipes'
require 'rightlink/lint/check_words'
require 'rightlink/lint/check_secrets'

module RightLink
  # `rightlink lint`: reads cookbooks without running them.
  module Lint
    CHECKS = [CheckFiles, CheckMetadata, CheckRecipes, CheckWords, CheckSecrets].freeze

    # The report of the cookbooks that the arguments name: cookbooks, or
    # directories of cookbooks. Raises Workspace::Wrong.
    def self.report(arguments)
      workspace = Workspace.new(arguments)
      report = Report.new
      checks = CHECKS.map { |check| check.new(workspace, report) }
      workspace.targets.each { |cookbook| checks.each { |check| check.check(cookbook) } }
      report
    end

    # cook --lint text|json|jsonl PATH...: status 0, 1 with an error among the
    # findings, 64 for a wrong path.
    class Command
      USAGE = 64

      def run
        output, *arguments = ARGV
        arguments = ['.'] if arguments.empty?
        report = Lint.report(arguments)
        print_report(output, report)
        $stdout.flush
        Process.exit(report.errors? ? 1 : 0)
      rescue Workspace::Wrong => e
        warn "rightlink: lint: #{e.message}"
        Process.exit(USAGE)
      end

      private

      def print_report(output, report)
        case output
        when 'json'
          puts JSON.generate('findings' => report.findings.map(&:to_h), 'summary' => report.summary)
        when 'jsonl'
          report.findings.each { |finding| puts JSON.generate(finding.to_h) }
        else
          report.findings.each { |finding| puts finding }
          warn report.summary.map { |level, count| "#{count} #{level}#{'s' if count != 1}" }.join(', ')
        end
      end
    end
  end
end
