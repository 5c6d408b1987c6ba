# SPDX-License-Identifier: MIT
cron_d 'daily-usage-report' do
  minute 0
  hour 23
  command '/srv/app/scripts/daily_report'
  user 'root'
end

cron 'every five minutes' do
  minute '*/5'
  command '/bin/true'
end
