"""search tables: what free text, persons and telephones are found by, kept by triggers."""

from alembic import op

revision = "0008"
down_revision = "0007"

FUNCTIONS = r"""
-- One written form: compatibility forms folded, lower case, punctuation and blanks as one blank. `search.plain` of the
-- application is its twin.
create function search_plain(written text) returns text language sql immutable parallel safe as $$
  select trim(regexp_replace(lower(normalize(coalesce(written, ''), nfkc)),
    '[\s!-/:-@\[-`{-~\u00b7\u2010-\u2027\u3000-\u303f]+', ' ', 'g'))
$$;

-- Every character and every two neighbours: two characters are the commonest length of a Chinese word, too short for
-- trigrams. Repeats may stay, GIN drops them. Dear, so that no plan calls it row by row.
create function search_grams(plain text) returns text[] language sql immutable strict parallel safe cost 2000 as $$
  select chars || coalesce(
    (select array_agg(a || b) from unnest(chars[1 : cardinality(chars) - 1], chars[2:]) as pair(a, b)), '{}')
  from (select string_to_array(plain, null) as chars) as split
$$;

-- Digits from the end: the last four of a number are what people remember.
create function phone_tail(written text) returns text language sql immutable strict parallel safe as $$
  select reverse(regexp_replace(written, '[^0-9]', '', 'g'))
$$;
"""

TABLES = r"""
-- Apart from case_file: a case changes often and its words seldom, so its other changes do not touch this index.
create table case_search (
  case_id uuid primary key references case_file on delete cascade,
  registered_at timestamptz not null,
  address text not null,
  body text not null
);
create index case_search_newest on case_search (registered_at desc, case_id desc);
create index case_search_grams on case_search using gin (search_grams(body));
create index registration_tail on registration (phone_tail(caller_phone) text_pattern_ops)
  where caller_phone is not null;
create index registration_name on registration using gin (search_grams(search_plain(caller_name)))
  where caller_name is not null;

create function keep_case_search() returns trigger language plpgsql as $$
begin
  insert into case_search (case_id, registered_at, address, body)
  values (new.id, new.registered_at, search_plain(new.address),
          search_plain(concat_ws(' ', new.incident_summary, left(new.detailed_content, 20000), new.address)))
  on conflict (case_id) do update set address = excluded.address, body = excluded.body
    where case_search.body <> excluded.body or case_search.address <> excluded.address;
  return null;
end $$;
create trigger case_file_search after insert or update of incident_summary, detailed_content, address on case_file
  for each row execute function keep_case_search();

insert into case_search (case_id, registered_at, address, body)
select id, registered_at, search_plain(address),
       search_plain(concat_ws(' ', incident_summary, left(detailed_content, 20000), address))
from case_file;
"""

DROPS = """
drop trigger case_file_search on case_file;
drop function keep_case_search();
drop index registration_name, registration_tail;
drop table case_search;
drop function search_grams(text), search_plain(text), phone_tail(text);
"""


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute(FUNCTIONS)
    op.execute(TABLES)


def downgrade() -> None:
    op.execute(DROPS)
