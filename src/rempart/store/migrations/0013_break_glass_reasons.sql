-- A glass is broken for a reason that domain/rights.py names, or not at all: a face that was taken over cannot write another one
-- into the receipts, and whoever reads them later finds a meaning for each. A reason that is added there is added here.

alter table evidence.receipts
    add constraint a_glass_is_broken_for_a_named_reason check (break_glass between 1 and 5);
