-- Which rows of sums have the key of which change.
select standing.place as place, changed.place as change
from standing join changed on {same}
