/** Words that dates are made of, beside digits: months, days, ordinals and joints, in the languages that write them. */
export const DATE_WORDS: ReadonlySet<string> = new Set(
  `january february march april may june july august september october november december jan feb mar apr jun jul aug sep
  sept oct nov dec monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun st nd rd th of at
  am pm to date posted published updated on by copyright year
  januar februar märz mai juni juli oktober dezember jänner mrz okt dez montag dienstag mittwoch donnerstag freitag
  samstag sonntag uhr um am vom bis den
  janvier février mars avril juin juillet août septembre octobre novembre décembre lundi mardi mercredi jeudi vendredi
  samedi dimanche le du au à er
  enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre lunes martes
  miércoles jueves viernes sábado domingo de del el
  janeiro fevereiro março maio junho julho setembro outubro novembro dezembro segunda terça quarta quinta sexta feira às
  gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre lunedì martedì mercoledì giovedì venerdì sabato
  domenica ore
  januari februari maart mei augustus maandag dinsdag woensdag donderdag vrijdag zaterdag zondag
  augusti måndag tisdag onsdag torsdag fredag lördag söndag den kl januar marts maj mandag tirsdag lørdag søndag
  tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta marraskuuta
  joulukuuta klo
  stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia godz r
  ledna února března dubna května června července srpna září října listopadu prosince
  január február március április május június július augusztus szeptember október
  ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık
  января февраля марта апреля мая июня июля августа сентября октября ноября декабря г в понедельник вторник среда четверг
  пятница суббота воскресенье січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня р
  ιανουαρίου φεβρουαρίου μαρτίου απριλίου μαΐου ιουνίου ιουλίου αυγούστου σεπτεμβρίου οκτωβρίου νοεμβρίου δεκεμβρίου
  يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر
  मई मार्च जनवरी फ़रवरी फरवरी अप्रैल जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर
  มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม
  ngày tháng năm 年 月 日 年月日 時 分 秒 號 号 년 월 일 시 분 오전 오후 上午 下午 午前 午後`
    .trim()
    .split(/\s+/),
)
