-- Why a contact could have been avoided, and what shows that: a reason of include/postroom/avoidable.h, or empty.
ALTER TABLE contact ADD COLUMN avoidable TEXT NOT NULL DEFAULT '';
ALTER TABLE contact ADD COLUMN avoidable_by TEXT NOT NULL DEFAULT '';

-- Had this citizen a case of this service before? Asked for every contact that opens a case.
CREATE INDEX service_case_citizen ON service_case (citizen_id, lgsl, closed_at) WHERE citizen_id IS NOT NULL;
