-- All opinions, those of some reviews as people corrected them.
select {columns} from read_parquet($opinions) where row not in (select row from affected)
union all
select {columns} from overlay
