-- What a room found before is looked up when it says it again.
-- +goose Up
create index alarm_finding_key on alarm_finding (tenant, source, key, began);

-- +goose Down
drop index alarm_finding_key;
